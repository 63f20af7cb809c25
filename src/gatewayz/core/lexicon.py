"""What errors speak of, and how it is said: concepts and their phrases in a dozen languages.

Order of languages in a concept: English, German, French, Spanish and Portuguese and Italian,
Russian, Chinese, Japanese, Korean; some have Dutch, Polish or Turkish too. Phrases are written
with accents and read without. How they are matched is told in `words.py`.
"""

from __future__ import annotations

from gatewayz.core.words import Lexicon

LEXICON = Lexicon(
    {
        # ---- who and what is spoken of
        "api-key": r"""
            api ?keys? | access ?(key|token)s? | auth\w{0,15} (key|token|header)s? | secret key | security token | bearer token
            subscription key | virtual key | proxy server token | credentials | session token | jwt | (given|supplied|provided|this|that|your) key\b(?! ?[:'"=]) | the key you
            api ?(schlüssel|zugangsschlüssel) | zugangsschlüssel | zugangsdaten | anmeldedaten | zugriffstoken | api ?zugang
            (votre|ta) clef?\b | (ihr|dein) schlüssel | (su|tu) clave\b | sua chave\b | (la )?(tua|sua) chiave\b | (ваш|твой) ключ | clef? d'?(e )?(l')?(api|acces) | clef? api | jeton d'acces | identifiants
            clave (de )?(la |el )?(api|acceso) | llave (de )?(la )?api | credenciales | chave (de |da )?(api|acesso) | credenciais
            chiave (di |dell?')?(api|accesso) | chiave api | credenziali | token de acceso | token de acesso | token di accesso
            api ?ключ\w{0,3} | ключ\w{0,3} (к )?(api|доступа) | токен\w{0,3} доступа | учетн\w{0,6} данн\w{0,4}
            密钥 | 密匙 | 秘钥 | 金钥 | 金鑰 | 令牌 | 凭证 | 憑證 | token ?(非法|无效|过期|已过期|错误)
            api ?キー | アクセスキー | アクセストークン | 認証情報
            api ?키 | (액세스|인증|접근|보안) ?토큰 | 인증 ?키 | 인증 ?정보
            api sleutel | klucz\w{0,3} api | api anahtar\w{0,4}
        """,
        "not-deployed": r"""
            not ?(currently |yet )?deployed | undeployed | no ?(active |running |such )?deployments?\b | without (a )?deployment
            deployment ?(is |was )?(not ?(found|active|ready|running)|inactive|missing|deleted) | deployment\b[^.]{0,40}does ?n.?t exist
            deployment\b[^.]{0,40}does not exist | non ?serverless | dedicated (deployment|endpoint)
            nicht bereitgestellt | keine bereitstellung | pas deploye | pas déployé\w{0,2} | non déployé\w{0,2} | no (esta|está) desplegad\w | sin desplegar
            n[aã]o (esta|está) implantad\w | non (e|è) distribuit\w | не развернут\w{0,2} | не развёрнут\w{0,2} | 未部署 | 没有部署 | デプロイされてい | 배포되지
        """,
        "model": r"""
            models? | modell\w{0,2} | modèles? | modelos? | modello | modelli | modelu | llm | deployments?\b | engine (id|name)
            ~modells?\b | модел\w{0,4}
            模型 | モデル | 모델
        """,
        "provider": r"""
            (providers?|upstreams?|hosts?\b|channels?|backends?|vendors?\b)(?!:? (returned|responded|replied|answered|reported|said|(api ?)?error\b))
            anbieter\w{0,2} | provider\w{0,2} | fournisseurs? | proveedor\w{0,2} | provedor\w{0,2} | fornecedor\w{0,2} | fornitor\w{0,2}
            провайдер\w{0,3} | поставщик\w{0,3} | канал\w{0,3}
            提供商 | 供应商 | 服务商 | 渠道 | 供應商 | 上游
            プロバイダー? | 提供元 | 제공 ?업체 | 공급자 | 프로바이더 | 제공자
        """,
        # Somebody behind the sender, whose words follow: no subject of them.
        "quoted": r"(providers?|upstreams?|hosts?|backends?|vendors?)('s \w{1,12})?:? (returned|responded|replied|answered|reported|said|(api ?)?error\b)",
        "vendor": r"providers? | instances? | replicas? | workers? | nodes? | candidates? | targets? | deployments? | anbieter\w{0,2} | fournisseurs? | proveedor\w{0,2} | provedor\w{0,2} | fornecedor\w{0,2} | fornitor\w{0,2} | провайдер\w{0,3} | поставщик\w{0,3} | 提供商 | 供应商 | 服务商 | プロバイダー? | 제공 ?업체 | 공급자 | 제공자",
        "endpoint": r"""
            end ?points? | endpunkte?n? | points? de terminaison | puntos? (de enlace|finales?) | pontos? (de extremidade|finais) | endpoint
            эндпоинт\w{0,3} | конечн\w{0,3} точ\w{0,3}
            端点 | 端點 | 终结点 | エンドポイント | 엔드포인트
        """,
        "feature": r"""
            tools? | tool ?(use|choice|call\w{0,4}) | function( ?call\w{0,4})? | image ?(input)?s? | vision | audio | response ?format | json ?(schema|mode)?
            structured outputs? | logprobs | reasoning | streaming | parameters? | werkzeug\w{0,8} | bilder\w{0,3} | bildeingabe | funktionsaufruf\w{0,2}
            outils? | appels? (de fonction|d'outil)\w{0,3} | images? | herramientas? | imágenes | imagen | ferramentas? | imagens | strumenti | immagini
            инструмент\w{0,4} | изображени\w{0,3} | функци\w{0,3} | 工具 | 图像 | 图片 | 函数 | 视觉 | ツール | 画像 | 関数 | 도구 | 이미지 | 함수
        """,
        "field": r"""
            parameters? | params?\b | arguments? | options?\b | fields? | propert(y|ies)
            felde?r?s?\b | feldern | eigenschaft | paramètres? | champs?\b | parámetros? | campos? | argumento | parametr\w{0,2} | attribut\w{0,2}
            параметр\w{0,3} | пол[еяй]\b | аргумент\w{0,3} | 参数 | 字段 | 參數 | 欄位 | パラメータ | パラメーター | フィールド | 引数 | 매개 ?변수 | 파라미터 | 필드 | 인자
        """,
        "request-field": r"""
            max (new |completion |output )?tokens | temperature | top p\b | top k\b | min p\b | (frequency|presence|repetition) ?penalty | logit ?bias
            (top )?log ?probs | seed\b | stream ?options | stream(ing)?( mode)?\b | parallel tool calls | tool ?choice | tools?\b | tool use | functions?\b
            response ?format | stop ?(sequences?)?\b | reasoning ?(effort)? | thinking | 'n' | "n" | parameter n\b | paramètre n\b | parámetro n\b | user\b | service tier | store\b | metadata | system (prompt|message|instruction)
            developer instruction | json (mode|schema) | image input | verbosity | modalities
        """,
        "unfinished": r"""
            (could|can|did|was|were|able)( ?not|n't| unable)?( be)? (finish|complete|produce|generate)\w{0,2} | unable to (finish|complete|produce|generate) | (finish|completed?|generated?|produced?) (before|because) | no (visible )?(output|answer|text|content) | (message|response|answer|output) (is |was )?(incomplete|unfinished|not finished|not complete\w?|cut off|truncated)
            nicht (fertig|abgeschlossen|vollständig) | (pas|n'a) (pu|été) (être )?(terminé|achevé|complété)\w? | no (se )?(pudo|ha podido) (terminar|completar|finalizar) | não (foi possível|pôde) (terminar|concluir|completar) | не удалось (завершить|закончить) | (无法|未能)(完成|生成) | 完了できません | 완료하지 못
        """,
        "max-output": r"""
            max (new |completion |output )?tokens | max output tokens | output tokens | completion tokens | maxoutputtokens
        """,
        "exactly": r"(must|has to|have to|needs to|should|can only) (be|equal) (exactly |set to )?1\b(?! ?(or|to|and|[-–]|[.,]\d)) | (muss|darf nur) 1 sein | doit (être|valoir)( égale?)?( à)? 1\b | (debe|deve) (ser|essere) 1\b | должн\w (быть|равняться) 1\b | (必须|只能)(为|是|等于) ?1 | 1 ?(である必要|이어야|여야) | (?<![\d.])\d([.,]\d{1,2})? (is |was |wird )?(not|nicht|no|não|non|не|n'est pas) | accepted values? (is|are)? ?:? ?1\b",
        "default": r"default | fixed (to|at) | standardwert\w{0,2} | par défaut | predeterminad[ao] | por defecto | padrão | predefinit[ao] | по умолчанию | 默认 | 預設 | 既定 | デフォルト | 기본값",
        "surplus": r"extraneous | ~zusatzfeld\w{0,2} | extra ?(forbidden|inputs?|fields?) | additional (propert\w{1,3}|fields?|keys?)",
        "extra-word": r"extra\b | extraneous | additional | zusätzliche?[sr]? | überzählig\w{0,2} | supplémentaires? | adicional(es)? | adicionais | aggiuntiv[oi] | лишн\w{0,3} | дополнительн\w{0,3} | 额外 | 多余 | 額外 | 余分 | 追加の | 추가",
        "unknown-word": r"unknown | unrecogni[sz]ed | unexpected | not an? (known|recogni[sz]ed|expected) | not (known|recogni[sz]ed|expected) | nicht (bekannt|erwartet) | unbekannt\w{0,2} | inconnue?s? | inattendue?s? | desconocid[ao] | desconhecid[ao] | sconosciut[ao] | неизвестн\w{0,3} | 未知 | 不明 | 알 수 없",
        "field-unexpected": r"was unexpected | extra ?forbidden | additional propert\w{1,3} (is|are) not",
        "route": r"(post|get|put) / | url\b | route\b | path\b",
        "value": r"""
            values? | wert\w{0,2}\b | valeur | valor | valore | значени\w{0,3} | 值 | 値 | 값
        """,
        "tokens": r"tokens? | token ?count | токен\w{0,3} | 令牌数 | トークン | 토큰 | jetons",
        "input": r"""
            prompts? | inputs? | messages?\b | conversation | requests?( body)? | requested | content | text\b | history | prompt tokens
            eingabe\w{0,2} | anfrage | nachricht\w{0,2} | entrée | requête | contenu | entrada | solicitud | contenido | conteúdo | mensaje | richiesta | contenuto | ingresso
            запрос\w{0,2} | ввод\w{0,3} | входн\w{0,4} | промпт\w{0,3} | 输入 | 提示 | 请求 | 輸入 | 对话 | 消息 | 入力 | プロンプト | 会話 | 입력 | 프롬프트 | 요청
        """,
        "context": r"""
            context ?(length|window|size|limit|budget)s? | (maximum|max|model's|model|available|total|the) context | context overflow\w{0,3} | context the overflows
            max(imum)? (model|seq|sequence|prompt|input|allowed)? ?(len|length)\b | maximum (prompt|input|allowed) length | maximum input length | n ctx | max seq len | model token limit | window of this model | (model|model's) window | prompt length | input length | max(imum)? length
            token limit exceeded | context exceeded | exceed context | exceeded context | contextwindow\w{0,10}
            kontext\w{0,10} | (longueur|fenêtre|taille)( maximale)?( de| du)? contexte | contexte
            (longitud|ventana|tamaño|límite)( máxim[oa])?( de| del)? contexto | (tamanho|comprimento|janela|limite)( máxim[oa])?( de| do)? contexto | contexto\b
            contesto | контекст\w{0,3}
            上下文 | 最大长度 | 最大輸入 | 最大输入 | コンテキスト | コンテクスト | 最大長 | 컨텍스트 | 문맥 ?길이
        """,
        "too-long": r"""
            too (long|large|big|many tokens) | exceed\w{0,5} | longer than | larger than | greater than | surpass\w{0,3} | over the | beyond | more than | overflow\w{0,3} | maximum | at most | bigger than
            not enough | reduce | shorten | shorter | above | \d{1,9} available | less than | fewer than | no more than | limit (is )?(reached|hit) | must (be|have) (<=|<|less|at most) | (<=|>=|>) ?(\d|context) | holds? \d | window holds
            only (has|holds|fits|allows|takes) \d | (fasst|hat|umfasst) nur | n'(en )?(a|compte|contient|accepte|admet|comporte) que | (solo|sólo|só) (admite|tiene|acepta|caben|cabem|aceita|tem|comporta) | (ha|contiene|accetta) solo | (вмещает|допускает) (только|лишь) | (只|仅)(有|能容纳|支持) \d | しか(ありません|ない|入り)
            übersch\w{0,9} | übersteig\w{0,3} | zu (lang|groß) | länger als | dépass\w{0,4} | trop (long|grand)\w{0,2} | excéd\w{0,3} | excède
            super[aoó]\w{0,3}\b | exced\w{0,4} | demasiado (larg|extens|grand)\w{0,3} | sobrepas\w{0,3} | ultrapass\w{0,4} | longo demais | muito long[ao] | demais | troppo lung\w | ecced\w{0,4}
            превы\w{0,7} | слишком (длин|больш)\w{0,4} | больше | 超过 | 超出 | 超长 | 过长 | 超過 | 超え | 過長 | 长度超 | 超限 | 長すぎ | 초과 | 넘었 | 넘습 | 너무 (길|깁|긴)\w{0,3} | 너무 길
        """,
        "prompt": r"""
            запрос\w{0,2} | prompts? | inputs? | messages?\b | conversation | text\b | history
            eingabe\w{0,2} | anfrage | nachricht\w{0,2} | entrée | requête | entrada | mensajes? | mensage(m|ns) | messaggi\w? | solicitud | richiesta | сообщени\w{1,2} | contenido | conteúdo | ввод\w{0,3} | промпт\w{0,3} | 输入 | 提示 | prompt | 輸入 | 对话 | 消息 | 入力 | プロンプト | 会話 | 입력 | 프롬프트
        """,
        "overlong": r"""
            too (long|large for)\b | exceed\w{0,3} max(imum)? (length|size) | more than max | (can ?not|not|does ?not|will not) fit | longer than | too many tokens | zu lang | trop long\w{0,2} | demasiado larg\w | longo demais | muito long\w | troppo lung\w | слишком длинн\w{0,3} | 超长 | 过长 | 過長 | 長すぎ | 너무 (길|긴|깁)\w{0,2}
        """,
        "overflow-phrase": r"""
            range of input length | reduce the length of (the|your|either) | inputs?'? tokens '?\+ | inputs'? must have less than | too many (input |prompt )?tokens | tokens in (the )?request more than | sum of prompt tokens | zu viele tokens? | trop de (jetons|tokens) | demasiados tokens | muitos tokens | troppi token | (слишком много|превышен лимит) токенов | トークン数.{0,8}(上限|超) | 토큰 ?수.{0,10}(초과|넘) | tokens? ?数.{0,8}超 | too many tokens: | too many tokens in | maximum number of tokens allowed | string too long | (tokens|prompt|input)( tokens)? exceed\w{0,3} the configured limit | (exceed\w{0,3}|over) (the )?(model )?token limit | context ?window ?exceeded | context (length|size|window|limit) ?exceed\w{0,3} | exceed context size | maximum input length | max ?(imum)? ?(model|seq|sequence|prompt|input) ?(len|length) | only takes \d
        """,
        "resource": r"resource( has been)? exhausted",
        "only": r"only\b | at most | max\b | maximum | nur\b | seulement | sólo | только | 仅 | のみ",
        "model-not-supported": r"model not supported",
        "cap": r"must be (<=|less|at most|between|smaller|lower|no more) | supports? at most | maximum (value|output|allowed number of output) | supported range | valid range | 必须小于 | 不能超过 \d",
        "too-small": r"too small | minimum (is|of) | at least | too short",
        "below-least": r"""
            at least \d | greater than or equal( to)? | too (small|low) | below (the )?min\w{0,6} | minimum (value |allowed )?(is |of |: ?)?\d | (>=|≥) ?\d | mindestens \d | zu (klein|niedrig) | unter dem minim\w{0,4} | au moins \d | trop (petit|bas)\w{0,2} | (al|como|pelo|ao) menos \d | (por lo|no) mínimo | demasiado (pequeñ|baj)\w{0,2} | (muito|demasiado) (pequen|baix)\w{0,2} | almeno \d | troppo (piccol|bass)\w | не (менее|меньше) | слишком мал\w{0,4} | (至少|不(能|得)?(小于|低于)|过小|太小) | 以上 | 小さすぎ | 이상 | 너무 작
        """,
        # ---- what is said of it
        "bad": r"""
            invalid | incorrect | wrong | not valid | not (a )?(recogni[sz]ed|known|one of ours|accepted|correct|active|found|authenticated) | isn't (valid|recogni[sz]ed) | not in (the |our )?records | inactive | inconnue? | rotated | no longer (works?|accepted|active) | not (recogni[sz]e|accept|open)\w{0,2}\b | (could|can|did) not authenticate( with)? | unable to authenticate | cannot authenticate
            unrecogni[sz]ed | unknown | expired | has lapsed | revoked | disabled | deactivated | rejected | refused | denied | malformed | mismatch\w{0,3} | bad\b | illegal | leaked | deleted
            missing | no such | does(n't| not) (exist|match|look)\w{0,4} | looks (malformed|wrong|invalid) | seems invalid | unable to find | could not (be )?(found|validate\w?|verif\w{0,4}|match\w{0,2}) | fail\w{0,3} to auth\w{0,10} | no longer valid | not found | is (not|no longer) valid | authentication failed | fail(s|ed|ure)?\b
            nicht (verifiziert|überprüft|authentifiziert|gefunden) | pas (été )?(vérifi|authentifi|trouv)\w{0,4} | no (se )?(pud|pudo|ha podido)\w{0,3} (verificar|autenticar) | não (foi )?(possível )?(verificar|autenticar|verificad|autenticad)\w? | не удалось (проверить|подтвердить) | ungültig\w{0,2} | falsch\w{0,2} | abgelaufen\w{0,2} | unbekannt | nicht (gültig|bekannt|korrekt|erkannt|akzeptiert) | widerrufen | gesperrt | fehlerhaft
            invalides? | incorrecte?s? | pas (valide|reconnue?|correcte?|acceptée?) | non (valide|reconnue?|valida|corretta|è valida|è corretta|valide) | expirée?s? | refusée?s? | révoquée? | erronée?
            inválid[ao]s? | incorrect[ao]s? | no (es |son )?(válid|correct|reconocid)\w{0,2} | caducad[ao] | expir(ó|ada|ado|ou|aron)\b | vencid[ao] | rechazad[ao] | revocad[ao] | errónea | equivocada
            não (é |está )?(válid|corret|reconhecid)\w{0,2} | incorret[ao]s? | revogad[ao] | recusad[ao] | errada
            non valid[ao] | errat[ao] | scadut[ao] | rifiutat[ao] | sbagliat[ao]
            недействит\w{0,8} | неверн\w{0,3} | неправильн\w{0,3} | истек\w{0,3} | просрочен\w{0,2} | отозван\w{0,2} | некорректн\w{0,3} | не (найден|действит|распознан|принят|опознан)\w{0,6}
            无效 | 無效 | 不正确 | 错误 | 錯誤 | 过期 | 過期 | 失效 | 非法 | 不合法 | 有误 | 已吊销 | 被禁用 | 不匹配 | 不存在
            無効 | 正しく(ない|ありません) | 間違っ | 不正 | 期限切れ | 期限が切れ | 失効 | 誤り | 誤って
            유효하지 | 잘못된 | 잘못되 | 올바르지 | 만료 | 틀렸 | 일치하지
            ongeldig\w{0,2} | nieprawidłow\w{0,3} | geçersiz
        """,
        "auth-failed": r"""
            not authenticated | unauthenticated | authentication (error|failed|fails|failure) | failed to auth\w{0,10} | fail to auth\w{0,10} | log-?in fail | unauthori[sz]ed | auth(entication)? required | authentication is required | unregistered callers | auth(entication|orization)? ?error
            authentifizierung (fehlgeschlagen|erforderlich) | nicht (authentifiziert|angemeldet) | authentification (échouée?|requise|a échoué) | non authentifié
            no autenticado | autenticación (fallida|requerida|falló) | falha (na|de) autenticação | não autenticado | autenticazione (fallita|non riuscita)
            ошибка аутентификации | не авторизован\w{0,2} | не аутентифицирован\w{0,2} | 身份验证失败 | 鉴权失败 | 认证失败 | 认证未通过 | 未授权 | 未登录 | 驗證失敗
            認識されません | 認証に失敗 | 認証エラー | 認証が必要 | 인증(에)? ?실패 | 인증되지 | 인증 ?오류 | 인증이 필요
        """,
        "auth-code": r"""
            (invalid|wrong|incorrect|bad|expired|revoked|disabled) ?(key|token)\b(?! ?([:'"\[=(]|id\b|in\b|at\b|count)) | key not (found|recogni[sz]ed|known) in (our|the) \w{1,12} | (invalid|wrong|incorrect|bad|expired|unknown|revoked|missing|no|disabled) ?(api ?key|auth ?token|access ?token|auth\w{0,10}|credentials?|access ?key\w{0,3}|secret|client)\b
            (api ?key|token|access ?key|credentials?) ?(invalid|expired|revoked|not found|missing|disabled|wrong|error) | token not found in db
            invalid api key | invalid authentication\w{0,8} | expired token\w{0,9} | unrecognized client\w{0,9} | signature ?(does not match|mismatch)
        """,
        # What some call a deployed model: a function, by its id or of an account.
        "deployed-function": r"functions? (id |version |with id )?:? ?['\"]?[0-9a-f]{6,12}(-[0-9a-f]{2,12}){0,4}['\"]? | functions? \S{1,60} (is |was )?not found (for|in|under) | inference function",
        "no-route": r"""
            (unexpected|unknown|invalid|unsupported|unrecogni[sz]ed|no such|no matching) (endpoint|route|path|url|uri|resource path)\b | (endpoint|route|path|url|uri) (or method )?(is |was )?(not (found|known|supported|recogni[sz]ed|handled)|unknown|does ?n.?t exist|does not exist) | cannot (post|get) / | no (route|handler) (found|matched|for|matches)\w{0,2} | (post|get) /\S{1,60} not found
        """,
        "other-header": r"""
            x-goog-api-key | x-api-key | x-[a-z]{2,14}-(key|token) | ocp-apim-subscription-key
            header[s:]? ['"]?(named |called )?['"]?(x-)?(api-key|apikey)\b | ['"]?api-key['"]? (http |request )?header | use ['"]?api-key['"]?: | api-key (请求头|头|header|ヘッダー|헤더) | ~(en-tete|header|cabecera|cabeçalho|intestazione|заголов\w{1,3}) ['"]?api-key | the api-key header | api-key: <
        """,
        "other-scheme": r"""
            (unsupported|unknown|wrong|invalid|unexpected) auth\w{0,12} (scheme|type|method) | expected basic | basic auth\w{0,12} (is )?(required|expected) | bearer\b.{0,20}(not|n't) (accepted|supported|allowed) | not (understand|accept|support|use) bearer
        """,
        "invalid-word": r"invalid\w{0,2} | incorrect\w{0,2} | wrong | expired | revoked | ungültig\w{0,2} | falsch\w{0,2} | inválid[ao] | неверн\w{0,3} | недействит\w{0,6} | 无效 | 不正确 | 错误 | 無効 | 유효하지 | 잘못된",
        "demand": r"""
            no\b | required? | requires | must | uses?\b | send | sent | provide | supply | pass(ed)?\b | expect(s|ed)? | need(s|ed)? | instead | missing | add\b | put\b | include | absent | not found
            benötigt | erforderlich | senden | verwenden | fehlt | erwartet | übergeben | nutzen | obligatoire | utilise[rz] | requis\w? | manquant\w? | envoye[rz] | attendu | fourni\w{0,3} | passez
            obligatori[ao] | requerid[ao] | debe\b | use\b | usar | utilice | envíe | falta | necesari[ao] | deve\b | necessári[ao] | obrigatóri[ao] | envie | mancante | richiest[ao] | usa\b | usare | inviare | manca
            обязател\w{0,4} | требует\w{0,3} | используйте | передайте | отсутствует | ожидает\w{0,3} | нужен | 请 | 必须 | 缺少 | 需要 | 应 | 使用 | 必填 | 未提供 | 必要 | 指定し | 使っ | してください | 送信 | 필요 | 필수 | 사용 | 누락 | 보내
        """,
        # ---- money
        "money": r"""
            credits?\b | money | balance | funds | geld | argent | dinero | dinheiro | denaro | денег | wallet | prepaid | payments?\b | invoices? | budget | overdue | spend(ing)? | spending (limit|cap) | spend limit | fees? | licenses yet | dues
            guthaben | kontostand | zahlung | rechnung(en)? | crédits? | solde | paiement | facture\w? | saldos? | créditos? | fondos | pago | pagamento | crediti | credito | fondi | fatur\w{0,3} | abbonamento scaduto
            средств\w{0,2} | баланс\w{0,2} | счет\w{0,2} | счёт\w{0,2} | кредит\w{0,3} | оплат\w{0,2} | бюджет\w{0,2}
            余额 | 餘額 | 额度 | 額度 | 账户余额 | 预算 | 费用 | 资源包 | 残高 | クレジット | 予算 | 料金 | 잔액 | 크레딧 | 예산 | 잔고
        """,
        "gone": r"""
            insufficient | enough | not enough | no\b | no more | out of | ran out | run out | exhausted | depleted | too low | used (up|all)( of)? | used all | empty | below | exceed\w{0,3} | reached | hit\b | negative | need more | more\b | gone | zero | unpaid | low\b | only afford | is \$?0 | lacks? | due to | does ?n't have any | finished | over\b | failed | issue | required | consumed | cap\b | all available
            aufgebraucht | erschöpft | verbraucht | leer\b | überschritten | reicht nicht | nicht ausreichend | unzureichend | ausgeschöpft | kein\w{0,2}\b | nicht genug | offene | zu niedrig
            insuffisant\w{0,2} | épuisée?s? | dépassée? | pas assez | plus de | vide\b | impayée?s?
            insuficiente\w? | agotad[ao]s? | agotó | excedid[ao] | sin\b | esgotad[ao]s? | esgotou | acabou | acabaram | sem\b | insufficient[ei] | esaurit[oaie] | terminat[oi] | finit[oi] | superad[ao]s? | superat[ao] | ha agotado | agot\w{1,4} | suficiente
            недостаточно | исчерпан\w{0,2} | закончил\w{0,3} | не хватает | нет\b | превышен\w{0,2} | израсходован\w{0,2}
            不足 | 没有 | 沒有 | 用尽 | 用完 | 耗尽 | 不够 | 欠 | 已用 | 超出 | 为零 | 失败 | 足りません | 使い切 | 使い果た | 超過 | 不足し | 枯渇 | 上限 | 切れ | 부족 | 소진 | 모두 사용 | 다 사용 | 초과 | 없습니다
        """,
        "broke": r"""
            payment required | insufficient (user )?(balance|funds|credit\w{0,2}|quota)\b | not enough (credit\w?|balance|funds|quota) | out of (credit\w?|funds) | top ?up | recharge | arrear\w{0,4} | in good standing | billing (hard )?limit | billing (is )?(not (active|enabled|set up)|disabled|inactive|error)
            credit limit | overdue (balance|error)? | account ?overdue\w{0,6} | spend(ing)? (limit|cap) | budget (has been |limit )?exceeded | exceeded (their|your|its|the) budget | exceeded ?budget | (virtual key|budget limit).{0,30}exhausted | add (more )?(funds|credits?) | more credits | purchase (more )?credits | buy credits | billing to be enabled | enable billing | (monthly )?included credits
            key limit exceeded | paid basis | account (is |was |has been )?(suspended|frozen|locked).{0,60}(invoice|payment|spend|balance|billing|unpaid) | unpaid invoices? | billing_not_active | account is not active.{0,30}billing | need more credits | no active subscription | insufficient \w{1,8} quota | credit balance (is )?(too low|insufficient) | wallet is empty | quota ?exhausted
            ~ausgabenlimit\w{0,2} | ~ausgabengrenze | limite de (dépenses?|gastos?) | límite de gastos? | лимит\w? (расходов|трат) | 消费(限额|上限) | 지출 ?한도 | guthaben (ist )?(aufgebraucht|leer|erschöpft|reicht) | aufladen | rechargez | recharger | recargar | recargue | recarregue | ricarica\w? | saldo insuf\w{0,8} | solde insuf\w{0,8} | пополните
            余额不足 | 餘額不足 | 欠费 | 欠費 | 充值 | 儲值 | 额度不足 | 额度已用(完|尽) | 扣费额度失败 | 资源包.{0,6}(不足|用完) | 残高.{0,3}不足 | チャージ | 잔액.{0,3}부족 | 충전
        """,
        "quota": r"""
            quotas? | allowance | usage (limit|cap) | monthly (usage|limit|cap)\w{0,4} | 限额 | allocated quota | allocation quota | set limit\w{0,9} | inference limit
            ~kontingent\w{0,2} | quota[s]? | cuotas? | cotas? | quote | квот\w{0,2} | лимит\w{0,2} использования
            配额 | 額度 | 额度 | 用量 | クォータ | 割り当て | 할당량 | 쿼터
        """,
        "billing": r"""
            billing | your plan | plan and | check (your )?plan | credits? | spend\w{0,3} | monthly | upgrade your plan | purchase | prepaid | subscription
            abrechnung | tarif prüfen | facturation | forfait | facturación | su plan | seu plano | faturamento | fatturazione | piano
            тариф\w{0,2} | оплат\w{0,2} | биллинг\w{0,2} | 套餐 | 账单 | 帳單 | 计费 | 请求設定 | 請求設定 | 請求 | お支払い | プラン | 결제 | 요금제 | 청구
        """,
        "daily": r"""
            daily | per ?day | ~/ ?day | a day\b | rpd | tpd | each day | today | tomorrow | midnight | next day | mitternacht | minuit | medianoche | meia-noite | mezzanotte | полноч\w | 午夜 | 零点 | 자정 | 24 ?h(ours)?
            täglich\w{0,3} | ~tageslimit | ~tageskontingent | pro tag | am tag | heutig\w{0,2} | heute | morgen | quotidien\w{0,4} | par jour | du jour | journalier\w? | journalière | aujourd'hui
            diari[ao]s? | por d[ií]a | al día | hoy | mañana | diári[ao]s? | por dia | hoje | amanhã | giornalier[oaie] | al giorno | oggi
            дневн\w{0,3} | в день | в сутки | суточн\w{0,3} | сегодня | ежедневн\w{0,3}
            每日 | 每天 | 今日 | 今天 | 当日 | 日限 | 日配额 | 日额度 | 单日 | 本日 | 1日 | 一日 | 日次 | 毎日 | 하루 | 일일 | 오늘
        """,
        "free": r"""
            free | trial | gratis | ~kostenlos\w{0,3} | ~kostenfrei\w{0,3} | gratuite?s?\w? | gratuit[ao]s?\b | grátis | бесплатн\w{0,3}
            免费 | 免費 | 试用 | 無料 | 무료
        """,
        # ---- pace
        "per-minute": r"""
            rate ?limit\w{0,4} | per ?(minute|min|second|sec|hour)\b | rpm | tpm | rps | qps | qpm | requests? per | throttl\w{0,4} | ~/ ?(minute|min|second|s)\b | hourly | queries per | too many requests | request rate | requests? rate
            pro (minute|sekunde) | par (minute|seconde) | por (minuto|segundo) | al (minuto|secondo) | в (минуту|секунду)
            每分钟 | 每秒 | 分钟内 | 频率 | 毎分 | 毎秒 | 分あたり | 분당 | 초당
        """,
        "minute-window": r"""
            per ?(minute|min|second|sec)\b | ~/ ?(minute|min|second|sec|s)\b | rpm | tpm | rps | qps | qpm
            pro (minute|sekunde) | par (minute|seconde) | por (minuto|segundo) | al (minuto|secondo) | в (минуту|секунду)
            每分钟 | 每秒 | 分钟内 | 毎分 | 毎秒 | 分あたり | 분당 | 초당
        """,
        # An offer, not a statement: what would be had for money.
        "more-room": r"""
            (rais(e|es|ing)|increas(e|es|ing)|lift(s|ing)?|boost|expand|extend|avoid|bypass|remove|higher|larger|bigger|greater)( \w{1,12}){0,3} (limits?|quotas?|allowance|throughput|rates?|rpm|tpm)\b
            more (requests|throughput|capacity|quota)\b | (limits?|quotas?)( \w{1,12}){0,2} (raised|increased|lifted|higher)\b | unlock(s|ing)? (up to )?\d | unlock(s|ing)?( \w{1,12}){0,3} (limits?|quotas?|requests)\b
            höhere[ns]?( \w{1,14}){0,2} (limits?|limite|kontingente?|ratenlimits?) | (limits?|limite|kontingente?)( zu)? (erhöhen|anheben|heraufsetzen) | mehr anfragen
            (augmenter|relever|accroître|élargir)( \w{1,12}){0,3} (limites?|quotas?|plafonds?) | (limites?|quotas?|plafonds?) plus (élevée?s?|hautes?|grande?s?)
            (aumentar|ampliar|subir|elevar|incrementar)( \w{1,12}){0,3} (límites?|cuotas?|cotas?) | (límites?|cuotas?|cotas?) (más|mais) (altos?|altas?|elevad[ao]s?|grandes?) | (límites?|cotas?) maiores
            (aumentare|alzare|elevare)( \w{1,12}){0,3} (limit[ei]|quot[ae]) | limiti (più alti|superiori|maggiori)
            (повысить|увеличить|поднять|расширить)( \w{1,12}){0,2} (лимит|квот)\w{0,2} | (повышени|увеличени|расширени)\w{1,2} (лимит|квот)\w{0,2} | более высок\w{2,3} лимит\w{0,2}
            (提高|提升|增加|扩大|更高|解锁).{0,6}(限额|限制|额度|配额|上限|频率|次数) | (上限|制限|クォータ|枠).{0,6}(引き上げ|上が|上げ|緩和|増や) | (より高い|もっと高い)(上限|制限) | (한도|제한|할당량).{0,4}(늘리|늘릴|높이|높일|높아|상향) | 더 높은 (한도|제한)
        """,
        "too-little": r"""
            insufficient | not enough | no more | out of | ran out | run out | exhausted | depleted | too low | used (up|all) | empty | negative | zero | unpaid | overdue | is \$?0
            aufgebraucht | erschöpft | verbraucht | leer\b | reicht nicht | nicht (ausreichend|genug) | unzureichend | ausgeschöpft | zu niedrig | insuffisant\w{0,2} | épuisée?s? | pas assez | impayée?s?
            insuficiente\w? | agotad[ao]s? | agotó | sin (saldo|crédito)\w? | esgotad[ao]s? | esgotou | acabou | acabaram | sem (saldo|crédito)\w? | insufficient[ei] | esaurit[oaie] | terminat[oi] | finit[oi]
            недостаточно | исчерпан\w{0,2} | закончил\w{0,3} | не хватает | 不足 | 用尽 | 用完 | 耗尽 | 不够 | 欠费 | 足りません | 使い切 | 使い果た | 枯渇 | 부족 | 소진
        """,
        "used-up": r"""
            exceed\w{0,3} | reached | hit\b | insufficient | not enough | no more | out of | ran out | run out | exhausted | depleted | too (low|many|fast|quickly|often) | used (up|all) | empty | negative | unpaid | throttl\w{0,4} | is \$?0
            aufgebraucht | erschöpft | verbraucht | leer\b | überschritten | erreicht | reicht nicht | nicht (ausreichend|genug) | unzureichend | ausgeschöpft | zu (viele|niedrig|schnell|häufig)
            insuffisant\w{0,2} | épuisée?s? | dépassée?s? | atteinte?s? | pas assez | trop (de|vite) | impayée?s?
            insuficiente\w? | agotad[ao]s? | agotó | excedid[ao]s? | superad[ao]s? | alcanzad[ao]s? | demasiad[ao]s? | esgotad[ao]s? | esgotou | acabou | acabaram | atingid[ao]s? | muit[ao]s | insufficient[ei] | esaurit[oaie] | terminat[oi] | finit[oi] | superat[oaie] | raggiunt[oaie] | tropp[oaie]
            недостаточно | исчерпан\w{0,2} | закончил\w{0,3} | не хватает | превышен\w{0,2} | достигнут\w{0,2} | слишком
            不足 | 用尽 | 用完 | 耗尽 | 不够 | 欠费 | 超出 | 超过 | 达到 | 过多 | 频繁 | 過ぎ | すぎ | 足りません | 使い切 | 使い果た | 超過 | 超え | 達し | 枯渇 | 부족 | 소진 | 초과 | 도달 | 너무
        """,
        # Names of a quota that tell its window: GenerateRequestsPerMinutePerProject.
        "window": r"(requests?|tokens?|queries|quer(y|ies)|calls?|characters?)( \w{1,12}){0,2} per ?(minute|min|second|hour)\b",
        "soon": r"""
            (please )?wait\b | before (trying|retrying) again | (try|retry)( again)? (later|in|after|shortly|soon)\b
            warten | später (erneut|noch ?einmal|wieder) | réessaye[rz] | patientez | inténtelo | intente de nuevo | espere
            tente novamente | aguarde | riprova\w{0,3} | attend\w{1,4} | повторите | подождите | позже | 稍后 | 稍候 | 請稍後 | しばらく
        """,
        "too-fast": r"""
            rate ?limit\w{0,4} | ratelimit\w{0,9} | too many requests | too many tokens | throttl\w{0,4} | requests? rate (is )?(over|exceeded|too high|limit\w{0,3})\w{0,10} | too (quickly|fast|often|frequent\w{0,2}) | slow down | rpm (limit|exceeded) | tpm (limit|exceeded) | requests? limit (exceeded|reached) | cool ?down | (rate|frequency) (is )?(exceeded|too high) | (call|request)s? (rate|quota|limit) (has been |was |is )?(exceeded|reached)
            quota.{0,20}per ?(minute|min|second) | per ?minute.{0,30}(exceed|reach|limit)\w{0,3} | (exceed|reach)\w{0,3}.{0,30}per ?(minute|second) | (rpm|tpm|requests per minute|tokens per minute|requests per second).{0,30}(limit|exceed|reach)\w{0,3} | request burst
            zu viele (anfragen|tokens|token) | zu (schnell|häufig) | ratenlimit\w{0,4} | ratenbegrenzung | anfragelimit
            trop de (requêtes|demandes|jetons) | trop (vite|rapidement|fréquent\w{0,3}) | limite de (requêtes|débit|taux)( dépassée| atteinte)?
            demasiad[ao]s (solicitudes|peticiones|consultas) | límite de (solicitudes|peticiones|velocidad|tasa|frecuencia) | (cuota|límite) por minuto | muitas (solicitações|requisições|chamadas) | limite de (solicitações|requisições|taxa|velocidade)
            troppe richieste | limite di (richieste|frequenza|velocità)
            слишком (много|част\w{0,2}) (запрос\w{0,3})? | лимит\w? (запросов|частоты) | превышен\w{0,2} (лимит|частота|число) (запросов)?
            请求.{0,6}(频繁|过多|过快) | (频繁|过多|过快).{0,4}请求 | 请求过多 | 限流 | 频率.{0,6}(过高|超|限) | 速率.{0,6}(限制|超) | 请求数.{0,8}(限制|上限|超) | 請求過於頻繁 | 请求频率
            リクエスト.{0,6}多すぎ | (頻度|回数|間隔|ペース).{0,6}(高すぎ|多すぎ|短すぎ|速すぎ) | レート制限 | レートリミット | リクエスト(数|レート).{0,10}(上限|超|制限) | 流量制限 | 요청.{0,6}(너무 많|많습니다) | 요청.{0,6}한도 | 속도 ?제한 | 요청 ?제한 | 사용률 ?제한
        """,
        "at-once": r"""
            concurren\w{0,4} | requests? (are |is )?(already |still |currently )?(running|open|pending|in progress|active) | parallelism | simultaneous\w{0,2} | in ?flight | inflight | at once | parallel (requests?|connections?|request limit) | max parallel | parallel\b(?!.tool) | (worker|total).{0,20}request limit reached | \(\d{1,5}/\d{1,5}\)
            gleichzeitig\w{0,3} | parallele?[rn]? | ~paralleler | simultan\w{0,4} | en parallèle | concurrent\w{0,3} | concurrente\w? | concurrencia | concorren\w{0,4} | contemporane\w{0,3} | en paralelo | em paralelo | in parallelo
            одновременн\w{0,3} | параллельн\w{0,3} | 并发 | 併發 | 並發 | 同时 | 同時 | 並行 | 並列 | 동시 | 병렬
        """,
        # ---- not there, not allowed
        "absent": r"""
            not (be )?(found|exist\w{0,3}|known|recogni[sz]ed|valid|located|available|resolved|supported|among) | does ?n't exist | doesn't exist | isn't (found|available|supported|known|recogni[sz]ed|valid) | not (a|one of the)( \w{1,12}){0,2} (valid|recogni[sz]ed|known|supported|available)? ?models? | no such | unknown | unrecogni[sz]ed | is invalid | invalid model | nonexistent | by that name | of that name | could ?n't (be )?(found|find|locate\w?|resolve\w?) | can not be found | cannot be found | could not (be )?(found|find|locate\w?|resolve\w?) | unable to (find|locate|access) | no model\w? | missing | undefined | no models? (is |are )?loaded | have no model | no deployment | is not in the
            nicht (gefunden|bekannt|vorhanden|verfügbar|auffindbar) | gibt es nicht | existiert nicht | unbekannt\w{0,2} | ungültig\w{0,2} | kein\w? modell
            introuvable | n'existe pas | inconnu\w? | n'a pas été trouvé\w? | pas trouvé\w? | inexistante?\b | invalide
            not (listed|part of|in (our|your|this|any)) | nothing (called|named|by|under) | nicht (gelistet|aufgeführt|geführt|enthalten|im (katalog|verzeichnis|angebot)) | (ne |n')(figure|apparait|fait) pas
            (no|não|non) (figura|aparece|consta|compare|risulta|está en|está n[ao])\b | не (значится|числится|указан|представлен|входит) | не содержит\w{0,2} в | 不在.{0,10}(列表|目录|清单|名单) | (カタログ|リスト|一覧).{0,6}(ありません|ない|載って|含まれ) | (목록|카탈로그).{0,4}없
            no (existe|encontrad[ao]|encontró|se encontró|se encuentra|se ha encontrado) | no se (encontró|encuentra|ha encontrado) | desconocid[ao] | inexistente | no válido | não (existe|encontrad[ao]|foi encontrad[ao]) | desconhecid[ao] | não é válid[ao]
            non (esiste|trovato|è stato trovato|valido) | sconosciut[ao]
            не (найден|существует|обнаружен|известн|поддерживается)\w{0,4} | неизвестн\w{0,3} | нет такой
            不存在 | 未找到 | 找不到 | 没有找到 | 未知 | 無此 | 无此 | 无效 | 见つかりません | 見つかりません | 見つかりませんでした | 存在しません | 存在しない | 不明な | 찾을 수 없 | 존재하지 | 알 수 없는 | 없는
        """,
        "no-access": r"""
            (not|n't|cannot|without|no|lacks?|lacking)( \w{1,14}){0,3} access | no access | cannot (access|use|call) | can't (access|use|call) | not (allowed|permitted|authori[sz]ed|entitled|enabled|activated|included|eligible|opened?)\b | isn't (allowed|permitted|included|enabled) | access denied | denied access | access ?forbidden | forbidden | permission denied | not accessible | access is (restricted|denied) | restricted to | reserved for | (only )?available (only )?(to|for|on)\b | does(n't| not) include | not open\b | model not open | not been granted | blocked at | access denied | not allowed to | requires? (a |an )?(higher|paid|pro|plus|enterprise|verif\w{0,8}|real-name) | must be (verified|on a)
            (nicht|kein\w?)( \w{1,14}){0,2} (freigeschaltet|erlaubt|enthalten|berechtigt|zugriff|zugang|inbegriffen) | enthält( \w{1,14}){0,3} nicht | kein(en)? (zugriff|zugang) | umfasst( \w{1,14}){0,3} nicht | verweigert
            pas (accès|autorisée?|inclus\w{0,2}|droit) | (ne |n')(donne|avez|inclut|a|permet|comprend) pas | pas( \w{1,14}){0,2} accès | accès (refusé|interdit) | non inclus | non autorisé
            no (incluye|tiene (acceso|permiso)|permite|está incluid[ao]|tienes|está disponible en su plan|da acceso)\b( acceso)? | sin acceso | acceso denegado | não (permite|inclui|tem acesso|está incluíd[ao]|dá acesso)\b | sem acesso | acesso negado | non (include|ha accesso|consente|è incluso|permette) | accesso negato
            не (включает|доступн\w{0,2}|имеет доступа|разрешен\w{0,2}|входит|предусматривает|позволяет) | нет( \w{1,6}){0,3} доступа | доступ (запрещен|закрыт) | недоступн\w{0,2}
            无权 | 不支持 | 没有权限 | 无权限 | 未开通 | 未包含 | 不包含 | 无法使用 | 拒绝访问 | 需要升级 | 無權 | 没有访问权限 | 使用できません | 利用できません | ご利用いただけません | アクセス権がありません | 含まれて(いません|おりません) | 許可されていません | 사용할 수 없 | 이용할 수 없 | 접근 ?권한이 없 | 포함되어 있지 | 포함되지 | 접근할 수 없
        """,
        "plan": r"""
            plans? | tiers? | subscriptions? | accounts? | projects? | organi[sz]ations? | enterprise | team\b | workspace | customers? | paid | upgrade | pro users? | premium
            ~tarif\w{0,3} | abo\b | abonnements? | konto\w? | projekt | forfait | offre | votre compte | suscripción | su plan | cuenta | assinatura | plano | conta\b | abbonamento | piano | account
            тариф\w{0,3} | подписк\w{0,3} | аккаунт\w{0,3} | план\w{0,3} | 套餐 | 订阅 | 账户 | 账号 | 升级 | 分组 | 方案 | プラン | アカウント | 契約 | 요금제 | 구독 | 계정 | 플랜
        """,
        "upgrade": r"""
            upgrade (your|to|the) | (paid|pro|enterprise|premium|higher) (plan|tier|subscription|account)\b | plan required | subscription (does ?n't|does not|required) | verify organization | organization must be verified | real-name verification | identity verification
            has not activated | not activated the model | activate the model | model ?(not ?open|access ?denied|permission ?blocked\w{0,9}|not ?allowed|forbidden) | model\.access ?denied | key model access denied | model access denied
        """,
        "scope": r"scopes?\b | portée | ámbito | escopo | ambito | области? действия | read only | '\w{2,20}[:.]\w{2,20}' permission | permission '?\w{2,20}[:.]\w{2,20} | service ?disabled | has not been used in project | authori[sz]ed to perform | insufficient auth\w{0,12} scopes? | missing scopes? | bereich fehlt | 作用域 | スコープ | 스코프",
        "permission": r"""
            permissions? | authori[sz]ed to perform | not permitted to | rights?\b | privileges? | entitle\w{0,6} | allowed to (call|use|perform|sample|run|invoke|create)
            berechtigung\w{0,2} | recht\b | rechte | permission | autorisation | droits? | permisos? | permiss(ão|ões) | autorização | permess[oi] | autorizzazione
            прав\w{0,2}\b | разрешени\w{0,3} | 权限 | 權限 | 無權限 | 無权 | 权 | 権限 | 권한
        """,
        "lacking": r"""
            cannot | may not | must not | ne permet pas | erlaubt (nicht|kein\w?) | no permite | não permite | unzureichend\w{0,2} | insuffisant\w{0,2} | insuficiente\w? | insufficient[ei] | disabled | lacks? | lacking | missing | insufficient | does(n't| not)( \w{1,12}){0,2} (have|carry|include|grant) | do(n't| not) have | not (have|permitted|authori[sz]ed|allowed|granted|sufficient|enough) | without | no\b | denied (on|for) | requires? | restricted | needs? | only
            fehlt | fehlen\w? | keine?\b | nicht | pas | manque\w? | sans\b | no tiene | sin\b | falta | carece | não (tem|possui) | sem\b | non ha | manca\w? | senza
            no (se )?(le |te )?(ha |fue |está )?(otorgad|concedid|asignad)\w{1,2} | não (foi |está )?(concedid|atribuíd)\w{1,2} | non (è stat\w )?(concess|assegnat)\w{1,2} | не (выдан|предоставлен|назначен|дан)\w{0,2} | 未(授予|获得|分配|赋予) | 付与されて(いない|いません) | 부여되지
            нет\b | не имеет | отсутств\w{0,5} | недостаточно | не хватает | 没有 | 無 | 无 | 缺少 | 不足 | がありません | ありません | 不足し | 없습니다 | 부족 | 없음
        """,
        "token": r"""
            (?<!max )(?<!put )(?<!ion )tokens?\b(?! (count|limit)) | keys?\b | jeton\w? | clef?\b | clé\b | schlüssels? | clave | chave | chiave | ключ\w{0,2} | токен\w{0,2} | 令牌 | 密钥 | トークン | キー | 토큰 | 키
        """,
        "inference": r"inference | completions? | (call|invoke|run|query)(ing)? (the |any |our )?models?\b | ~modellaufruf\w{0,2} | modelle (aufrufen|aufzurufen) | (appeler|appel de|appels de) (des |les |aux )?modèles | (llamar|invocar)( a)?( los)? modelos | (chamar|invocar)( os)? modelos | (chiamare|invocare)( i)? modelli | вызов\w{0,2} модел\w{1,3} | вызывать модели | 调用模型 | モデルの?呼び出 | 모델(을)? ?호출 | ~inferenz | inférence | inferencia | inferência | инференс\w{0,2} | 推理 | 推論 | 추론",
        "call": r"""
            inference | tokens?\b | keys?\b | calls?\b | completions? | invoke\w{0,5} | authentication method | operation | this action | service | api\b
            ~inferenz | jeton | inférence | inferencia | inferência | inferenza | llamar | chamar | ключ\w{0,2} | токен\w{0,2} | инференс\w{0,2} | вызов\w{0,2} | 推理 | 调用 | 令牌 | 推論 | 呼び出 | トークン | 추론 | 호출 | 토큰
        """,
        "place": r"""
            countr(y|ies) | regions?\b | territor(y|ies) | (?<!/)locations?\b | located | jurisdictions? | geo ?(graph\w{0,6}|block\w{0,3}|restrict\w{0,3})? | where you are | geographic\w{0,4}
            land\b | länder\w? | ~region | standort\w? | pays\b | région | territoire | país(es)? | región | regiones | território | região | paese | regione | territorio
            стран\w{0,3} | регион\w{0,3} | территори\w{0,2} | 地区 | 国家 | 地域 | 所在地 | 区域 | 國家 | 地區 | 국가 | 지역
        """,
        "not-served": r"""
            not (be )?(supported|available|permitted|allowed|offer\w{0,2}|served?|provided?) | n't (supported|available|permitted|allowed|offer|serve|provide) | unsupported | unavailable | restricted | prohibited | blocked | (do|can) ?not (offer|serve|support|operate|provide) | cannot (offer|serve|support|provide) | not accessible | forbidden | denied
            nicht (verfügbar|unterstützt|erlaubt|angeboten|zugelassen) | gesperrt | (pas|non) (disponible|prise? en charge|supportée?|autorisée?) | indisponible | interdit\w? | no se permite | prohibid[ao] | proibid[ao] | vietat[ao] | no (está )?(disponible|permitid[ao]|admitid[ao]|compatible) | não (está |é )?(disponível|permitid[ao]|suportad[ao]|admitid[ao]) | indisponível | non (è )?(disponibile|supportat[ao]|consentit[ao])
            недоступ\w{0,3} | не (поддерживается|доступ\w{0,3}|обслуживается|разрешен\w{0,2}) | заблокирован\w{0,2} | 不支持 | 不可用 | 暂不 | 不提供 | 无法 | 受限 | ご利用いただけません | 利用できません | 提供していません | サポートされていません | 対応していません | 이용할 수 없 | 지원되지 | 지원하지 | 사용할 수 없 | 제공하지 | 제공되지
        """,
        "region-code": r"unsupported (country|region|location)\w{0,8} | geo ?(blocked|restricted) | region (not supported|restricted|blocked|unsupported) | country (not supported|blocked)",
        "data-policy": r"""
            data ?(policy|policies|retention|usage policy|collection|protection|sharing|handling|processing|usage|logging) | (prompt|input) (logging|training|retention) | privacy | zdr\b | zero data retention | training on (your )?(prompts|data) | train on (your )?(prompts|data)
            datenschutz\w{0,12} | datenrichtlinie\w? | confidentialité | politique de données | privacidad | política de (datos|retención) | privacidade | política de dados | politica (sui|dei) dati | riservatezza
            политик\w{0,2} (данных|конфиденциальности) | конфиденциальност\w{0,2} | приватност\w{0,2} | 数据政策 | 数据策略 | 隐私 | 資料政策 | データポリシー | プライバシー | データ保持 | 데이터 ?정책 | 개인 ?정보 | 프라이버시
        """,
        "answer": r"response | reply | connect\w{0,5} | reset | time ?out | timed out",
        "policy": r"polic(y|ies) | (account|workspace|your) (settings|preferences) | ~richtlinie\w? | politiques? | políticas? | politiche | политик\w{0,2} | 政策 | 策略 | ポリシー | 정책",
        "gated": r"""
            gated | authori[sz]ed list | (request|ask for|requesting) access | ask .{0,20}for access | awaiting (a )?review | use case details | terms (of (use|service) )?(have|has|must|need|acceptance)\b | terms required | license (must|required|agreement) | terms acceptance
        """,
        "terms": r"""
            terms | licen[cs]es?( agreement)? | agreement | conditions of use | eula | lizenz\w{0,12} | nutzungsbedingungen | vertragsbedingungen | conditions( d'utilisation)? | licence | condiciones | licencia | términos | termos | licença | condizioni | licenza | termini
            лицензи\w{0,3} | услови\w{0,3} | соглашени\w{0,2} | 许可 | 协议 | 条款 | 條款 | 授权协议 | 規約 | ライセンス | 条件 | 약관 | 라이선스
        """,
        "accept": r"""
            accept\w{0,4} | agree\w{0,3} | sign(ed)?\b | acknowledge\w? | akzeptier\w{0,3} | zustimm\w{0,3} | bestätig\w{0,3} | acceptez | accepter | accepté\w{0,2} | acepte\w? | aceptar | aceptado | aceitar | aceite\w? | aceito\w? | accett\w{0,4}
            принят\w{0,2} | примите | принять | соглас\w{0,5} | 接受 | 同意 | 签署 | 承諾 | 수락 | 동의
        """,
        # ---- life of a model
        "retired": r"""
            retired | deprecated | decommissioned | sunset(ted)? | discontinued | end of (its )?life | end ?of ?life | eol\b | shut ?down | was removed | (has|have) been (removed|turned off|withdrawn) | deprecated and removed | no longer (available|supported|offered|served|active) | obsolete | legacy | phased out | taken offline
            abgeschaltet | eingestellt | veraltet | außer betrieb | nicht mehr (verfügbar|unterstützt|angeboten) | ausgemustert | retirée?s? | obsolète | abandonnée? | n'est plus (disponible|pris en charge|supporté)\w? | mis hors service | arrêté | supprimé
            retirad[ao]s? | obsolet[ao] | descontinuad[ao] | ya no (está|es|se) | dado de baja | desativad[ao] | não está mais | não é mais | foi removido | ritirat[ao] | dismess[ao] | non (è )?più (disponibile|supportato) | deprecat[ao]
            снят\w? (с поддержки|с эксплуатации)? | устарел\w{0,3} | больше не (поддерживается|доступ\w{0,3}) | выведен\w? из | отключен\w? | прекращен\w? | 下线 | 下線 | 已弃用 | 弃用 | 停用 | 退役 | 停止服务 | 不再(支持|提供) | 已停止 | 廃止 | 提供終了 | 終了しました | サポートが終了 | 非推奨 | 종료되 | 중단되 | 더 이상 | 지원이 종료 | 폐기
        """,
        "retired-code": r"model ?(is )?(decommissioned|deprecated|retired|sunset|discontinued|removed|end of life)",
        # ---- kinds of models
        "chat": r"""
            chat ?(completions?)? | chatcompletion\w{0,3} | v1/chat | conversation\w{0,3} | dialog\w{0,4} | чат\w{0,4} | диалог\w{0,3} | 对话 | 聊天 | 對話 | チャット | 対話 | 채팅 | 대화
        """,
        "not-chat": r"""
            not a chat ?model | not (a )?chat | is no chat | isn't a chat | not (supported|available) (in|by|for|with|on) (the )?(v1/)?chat.?completions? | (cannot|can't|not) be used (for|with|in) chat | not (meant|intended|suitable) for chat | only supported in v1/(responses|completions|embeddings|audio|images)
            kein chat\w{0,3} | chat( api)? wird nicht | non-chat | pas un modèle de (chat|conversation) | no es un modelo de chat | não é um modelo de (chat|conversa) | non è un modello (di )?chat | не (является )?чат\w{0,3} | 不是(对话|聊天) | 非(对话|聊天) | チャットモデルではありません | 채팅 ?모델이 아닙니다
        """,
        "other-model": r"""
            embeddings?( model)? | ~embed\b | rerank\w{0,4} | (image|video|music) generation | generates? (images?|audio|video|speech|embeddings) | image model | speech model | text-to-(speech|image) | transcription | tts\b | whisper | moderation model | audio model | completions? models?
        """,
        "meant": r"only | instead | use (the )?/ | use the | is for | for embeddings | designed for | intended for | type",
        "not-does": r"""
            does(n't| not) (support|work|do|provide|have|offer)\w? | do not support | not support(ed)?\b | n't support | (only|just) supports? | cannot | unsupported | can't | not (available|compatible|enabled|possible)
            unterstützt (kein\w{0,2}|nicht|dies|die)\b | nicht unterstützt | (ne |n')(prend|supporte|gère) pas | pas (en charge|supporté|compatible|prise? en charge) | no (admite|soporta|es compatible|permite) | não (suporta|é compatível|oferece suporte) | non (supporta|è supportato|compatibile)
            не (поддерживает|поддерживается|работает|предназначен)\w{0,2} | 不支持 | 不支援 | 不适用于 | 无法用于 | 対応していません | サポートしていません | サポートされていません | 使用できません | 지원하지 | 지원되지
        """,
        # ---- a request's fields
        "unsupported": r"""
            (does|do|did|can)(n't| not) (know|understand|handle|recogni[sz]e|process)\b | (versteht|kennt|verarbeitet)( \w{1,14}){0,3} nicht | (ne |n')(connaît|comprend|reconnaît|traite) pas | no (conoce|entiende|reconoce|procesa) | não (conhece|entende|reconhece|processa) | non (conosce|riconosce|gestisce) | не (знает|понимает|распознает|обрабатывает)
            (not|n't|never|neither)( \w{1,12}){0,2} (support\w{0,3}|accepted|allowed|permitted|available|enabled|compatible|implemented|recogni[sz]ed|valid for) | unsupported | not support\w{0,3} | cannot (set|use|specify|take) | (ne |n')(prend|supporte|gère|accepte) pas | не поддержива\w{0,4} | cannot (both )?be (set|used|specified|combined|provided) | does(n't| not) (accept|support|take|allow|have)\w? | doesn't support | no support for | unavailable | incompatible | only support\w?
            nicht (unterstützt|erlaubt|zulässig|verfügbar|akzeptiert) | (pas|non) (prise?s? en charge|supportée?|acceptée?|autorisée?|compatible) | n'est pas (pris|supporté|accepté)\w{0,2} | no (se )?(admite|admitid[ao]|soporta|soportad[ao]|es compatible|está permitid[ao]|compatible|permite|acepta) | não (é )?(suportad[ao]|compatível|aceit[ao]|permitid[ao]|suporta) | non (è )?(supportat[ao]|ammess[ao]|accettat[ao]|consentit[ao])
            неподдерживаем\w{0,3} | не (поддерживается|поддерживаются|принимается|допускается|разрешен)\w{0,2} | 不支持 | 不支援 | 不可用 | 不被支持 | 不受支持 | サポートされていません | 対応していません | 使用できません | サポートしていません | 지원되지 | 지원하지 | 사용할 수 없
        """,
        "unknown-field": r"""
            extra (inputs?|fields?|keys?|propert\w{1,3}|parameters?)\b | extra ?forbidden | extraneous | unexpected (key|field|property|parameter|argument|keyword)\w? | additional propert\w{1,3} | was unexpected | not expected here | is not expected | (unknown|unrecogni[sz]ed|undefined|unexpected) (request )?(argument|field|key|name|property|parameter|param|option|attribute|body field)s?\b | cannot find field | not permitted,? please | is not permitted | are not permitted | no such field | property '[\w.]{1,40}' is unsupported, did
            unbekannte\w? (feld|parameter|eigenschaft|schlüssel|attribut)\w{0,2} | (nicht erwartet|unerwartet)\w{0,3} (feld|parameter|eigenschaft)\w{0,2} | (champ|paramètre|propriété|clé|argument)s? (inconnue?|inattendue?|non reconnue?|supplémentaire|non autorisée?)s?
            (campo|parámetro|propiedad|clave|argumento|parâmetro|propriedade)s? (desconocid|inesperad|no reconocid|desconhecid|não reconhecid|adicional|extra)\w{0,2} | (campo|parametro|proprietà) (sconosciut|inattes|non riconosciut|imprevist)\w{0,2}
            (неизвестн|лишн|неожиданн)\w{0,3} (поле|параметр|свойство|аргумент|ключ)\w{0,2} | (未知|多余|额外|未识别|意外)(的)?.{0,3}(字段|参数|属性|键) | (不明な|未知の|余分な|予期しない)(フィールド|パラメータ|プロパティ|キー) | (알 수 없는|예상치 못한|추가) ?(필드|매개변수|파라미터|속성)
        """,
        "value-refused": r"""
            unsupported value | requires \d | (invalid|wrong) value for .{0,24}(requires|only|default) | ist nur der (wert|standardwert)\w{0,2} | seule (la )?valeur | only (accepts?|allows?|supports?|takes?|works with) (a |the )?(default|temperature|value|top p)\w{0,2} | (anything|values?) (but|other than) | other than (the default|\d) | only supports? (the )?stream\w{0,3}( mode)? | only the default | default \(?\d?.{0,6}\)? (is|value is)? ?(the only|supported) | (only|must be|may only be|can only be|has to be|should be) (set to )?(the )?(default|\d(\.\d)?\b(?!.{0,4}(and|or|to|-))) | only (a )?(value|temperature|top p)\s?(=|of)? ?\d | only \w{1,14} ?= ?\d | only \d(\.\d)? is (allowed|supported|accepted) | does not support \d(\.\d{1,3})? with | (not|n't) be (changed|modified) | type '?json (schema|object)'? is not supported | not support response format | does not support response format | unsupported (response format|value)
            nur der standardwert\w{0,2} | nur (der wert )?\d | (seule?|uniquement) (la )?(valeur )?(par défaut|\d) | (sólo|solo|únicamente|só|apenas|somente)( se)? (admite|acepta|permite|aceita)?( el| o| il)?( valor)? ?(predeterminado|por defecto|padrão|predefinito|\d) | (поддерживается|допустимо|разрешено) только | только значение | 仅支持(默认)? | 只支持(默认)? | 只能(为|使用|设置) | 默认值 | デフォルト値?のみ | 既定値のみ | 기본값만 | 기본값\(?\d?\)?만
        """,
        "swap": r"""
            use\b | instead | replaced (by|with) | renamed | prefer | switch to | verwende\w? | nutze\w? | stattdessen | utilise[rz] | à la place | usa\b | use\b | utilice | en su lugar | em vez | invece
            используйте | вместо | 使用 | 改用 | 请用 | 代わりに | 使って | 대신 | 사용하세요
        """,
        "stream-only": r"""
            only supports? (the )?stream\w{0,3} | (only|just) (available|works|supported) (in|with|as|via|for) (a )?stream\w{0,3} | stream\w{0,3} (is )?(required|mandatory|only) | (must|have to|need to|please) (set|use|enable)( the)? stream\w{0,3} | (set|with) stream ?(=|:|to) ?true | stream (must|should|has to) be (set to )?true | non streaming (requests? |mode |calls? )?(is|are) not | false (for|in|on|with|when using) (all |any )?non streaming | (enable|requires?) (the )?stream\w{0,3}
            nur (im |als |mit )?stream\w{0,4} | uniquement (en |le )?(stream\w{0,3}|flux) | (sólo|solo|só|apenas)( se)? (admite|soporta|suporta|supporta)( el| o| lo)? (stream\w{0,3}|modo de transmisión) | только (потоков|стрим)\w{0,6} | (仅|只)支持(流式|stream) | 流式(输出|调用)?.{0,6}(必须|仅) | ストリーミングのみ | 스트리밍만
        """,
        "schema-subject": r"response ?format | false\b | invalid (json )?schema | json ?schema",
        "schema": r"""
            json ?schema | schemas? | additional ?properties | grammar | json-schema | schéma | esquema | схем\w{0,2} | 模式 | スキーマ | 스키마
        """,
        "schema-bad": r"""
            invalid | not valid | unsupported | refused | bad\b | must (set|have|include|be) | requires? | needs | missing | has to be | not accepted | muss\b | doit | debe\b | deve\b | 必须 | must be false | required to be | could ?n't | could not | cannot | not (be )?(compiled?|permitted|allowed|supported|parsed?) | must be | malformed | fail\w{0,3} | error | too complex | rejected
            ungültig\w{0,2} | nicht (gültig|unterstützt) | (pas|non) (valide|prise? en charge|valido) | inválid[ao] | no (es )?válid[ao] | não (é )?válid[ao] | недействит\w{0,6} | некорректн\w{0,3} | неверн\w{0,3} | 无效 | 不合法 | 错误 | 不支持 | 無効 | 不正 | 유효하지 | 잘못된
        """,
        # ---- moderation
        "moderation": r"""
            flagged | acceptable use | guidelines | disallowed | offensive | (content|prompt|input|message) (was |is |has been )?(blocked|flagged|filtered)\w{0,2} | blocked (by|due to) | moderation | (content|usage|safety|use) (management )?polic(y|ies) | content ?(filter\w{0,3}|policy|moderation|exists risk) | safety (system|filter|settings|check|policy)\w? | guard ?rails? | responsible ai | sensitive (words?|content|information|data)\w{0,9} | inappropriate | data ?inspection ?(failed)? | high risk | new sensitive | flagged input | safety reasons | sicherheitsgründen | (raisons|motifs) de sécurité | (razones|motivos) de seguridad | (razões|motivos) de segurança | motivi di sicurezza | соображени\w{1,3} безопасности | 安全原因 | コンテンツフィルタ | 콘텐츠 ?필터 | 안전상 | unsafe (or sensitive )?content | prohibited content | harmful | censor\w{0,12} | ~zensur\w{0,8} | censur\w{0,4} | цензур\w{0,3} | (contains?|includes?|has|too|are|is|input|output|prompt|message|politically|potentially) sensitive\b(?! to) | sensitive (words?|topics?|prompt|input|output)\w{0,2} | blocked input | prompt ?blocked | response was filtered | prompt was filtered | output blocked | violat\w{0,4} (our|the|a)? ?(usage|content|polic\w{1,3}|terms|guideline\w?) | contentpolicy\w{0,12} | jailbreak | hooks? failed
            harassment | hate( speech)? | hateful | self[- ]?harm | sexual(ly)? | violence | extremism | illicit | csam
            inhaltsrichtlinie\w? | inhaltsfilter | moderiert | moderation\w{0,3} | sicherheitsfilter | unangemessen\w{0,2} | politiques? (de contenu|d'utilisation) | modération | filtre de (contenu|sécurité) | inappropriée? | règles de contenu
            políticas? de (contenido|uso|conteúdo) | moderación | moderação | filtro de (contenido|seguridad|conteúdo|segurança) | inapropiad[ao] | inapropriad[ao] | politica (sui|dei) contenuti | moderazione | filtro (dei|di) (contenuti|sicurezza)
            модераци\w{0,3} | политик\w{0,2} (контента|содержимого|использования) | фильтр\w{0,3} (контента|безопасности) | недопустим\w{0,3} (контент|содержим)\w{0,3} | 敏感 | 违规 | 審核 | 审核 | 内容安全 | 不当内容 | 违反.{0,6}(政策|规定) | 风控 | コンテンツポリシー | モデレーション | 不適切 | 安全(フィルター|ポリシー) | 利用ポリシー | 콘텐츠 ?정책 | 유해 | 부적절 | 검열 | 안전 ?필터
        """,
        # ---- not up
        "loading": r"""
            (currently|still|is|being|are|now|model) (being )?(loading|loaded\b(?! with)|warming|starting|cold|initiali[sz]ing|spinning) | loading (the )?(model|weights) | cold ?(start\w{0,3}|model) | warm(ing)? ?up | (model|not) (is )?not ?ready | not ready | model ?not ?ready\w{0,9} | estimated time | scal(ing|ed) (up|from zero)( from)?( zero)? | model (is )?(starting|loading|cold|booting|waking) | waking up | being (deployed|provisioned|loaded) | spinning up | spun up | booting
            (wird|werden) (gerade |noch |derzeit )?(geladen|gestartet) | lädt (gerade|noch) | startet gerade | en cours de (chargement|démarrage) | (se charge|charge encore)
            (se )?está (cargando|iniciando|arrancando) | se está cargando | cargándose | (está )?(sendo carregad[ao]|carregando|iniciando) | in (fase di )?(caricamento|avvio) | si sta caricando
            chargement (du|en) | cargando (el )?modelo | carregando o modelo | загружается | загрузк\w{0,2} модели | запускается | прогрева\w{0,4} | 加载中 | 启动中 | 正在(加载|启动|载入|预热) | 載入中 | 冷启动 | 読み込み中 | ロード(中|して) | 起動中 | 読み込まれています | ウォームアップ | 로드(하는)? ?중 | 로딩 ?중 | 불러오는 중 | 시작(하는)? ?중 | 준비 ?중
        """,
        "overloaded": r"""
            overloaded\w{0,6} | server overload | system overload | at (maximum |full |max )?capacity | over capacity | no (free |spare |remaining )?capacity | capacity ?(exceeded|limits?|constraints?|reached) | too busy | (server|service|system|model|engine|machines?|gpus?)( \w{1,8}){0,3} busy | high (traffic|demand|load) | queue (is )?full | queue exceeded | pending requests exceeded | out of capacity | capacity exceeded | unable to process your request | unable to handle additional | under (heavy|high) load | heavy load | server overloaded
            überlast\w{0,4} | ausgelastet | surcharg\w{0,3} | saturé\w? | occupé | sobrecarg\w{0,4} | saturad[ao] | ocupad[ao] | sovraccaric\w{0,2} | occupat[ao]
            перегруж\w{0,5} | занят\w?\b | 负载.{0,5}(饱和|过高) | 过载 | 超载 | 繁忙 | 忙碌 | 負載 | 擁擠 | 過負荷 | 混み合 | 混雑 | ビジー | 과부하 | 혼잡 | 바쁩니다 | 사용량이 많
        """,
        "unavailable": r"(service|server|model) (is )?(currently |temporarily )?unavailable | service unavailable | temporarily unavailable | nicht erreichbar | indisponible | временно недоступ\w{0,3} | 暂时不可用 | 一時的に利用",
        "none": r"""
            no\b | none | nobody | no one | 0 endpoints? | n't any | not any | zero | without any | there (is|are) no | aren't any | all\b | every | any\b(?= of)
            kein\w{0,2} | keine[rns]?\b | aucune?\b | pas de | ning[uú]n[ao]?s?\b | nenhum\w? | nessun\w? | sin\b | sem\b | no se encontr\w{1,5} | no hay
            нет\b | не найден\w{0,3} | ни один\b | ни одного | никак\w{0,3} | 无可用 | 没有 | 未找到 | 均 | 都不 | 暂无 | 無可用 | 無 | ありません | ない\b | 見つかりません | 없습니다 | 없음 | 찾을 수 없
        """,
        # In vain looked for, of somebody who would do it.
        "unfound": r"""
            (not|unable to|fail\w{0,3} to|cannot) (find|locate|select|identify|pick|choose|match|assign)\b
            nicht (finden|ermitteln|zuordnen|auswählen) | impossible de (trouver|sélectionner|choisir) | pas (pu )?(trouv(er|é)|sélectionn(er|é))\b
            no (se )?(pudo|pudimos|ha podido|hemos podido|fue posible) (encontrar|localizar|seleccionar) | não (foi possível|conseguimos|pôde) (encontrar|localizar|selecionar) | impossibile trovare | non (è stato possibile|abbiamo potuto) trovare
            не удалось (найти|подобрать|выбрать) | (无法|未能|不能)(找到|匹配|选择) | 找不到 | 匹配不到 | 見つけられま | 選択できま | 찾지 못 | 선택하지 못
        """,
        "served": r"""
            available | found | offline | unreachable | can (handle|process|serve|take) | able to | serv(e|es|ing|ed)\b | host(s|ing|ed)?\b | active | healthy | up\b | online | can take | meets? | accept\w{0,3} | (are |is )?down\b | unavailable | left\b | matching | match\b | allowed | remain\w{0,3} | capable
            verfügbar\w{0,2} | gefunden | passen | erreichbar | disponibles? | trouvée?s? | respecte | peut | puede | pode\b | può | disponíve(l|is) | encontrad[ao]s? | encontraron | encontró | disponibil[ei] | trovat[oi]
            доступн\w{0,3} | найден\w{0,2} | 可用 | 找到 | 符合 | 利用可能 | 利用できる | 見つかりません | 사용 ?가능 | 이용 ?가능 | 찾을 수 없
        """,
        "serving": r"serv(e|es|ing)\b | hosts?\b | hosting",
        "supports": r"""
            supports?(ed|ing)?\b | handles?\b | capable | accepts?\b | serves?\b | able to | offers?\b | unterstütz\w{0,3} | (prend|prennent|prise?s?) en charge | supporte\w{0,2} | admite\w? | soport\w{1,3} | suporta\w? | supporta\w{0,2}
            поддержива\w{0,4} | 支持 | 支援 | 対応 | サポート | 지원
        """,
        "enabled": r"""
            enabled? | turned on | activated | switched on | have enabled | you've enabled | aktiviert\w{0,2} | freigeschaltet\w{0,2} | activée?s? | habilitad[ao]s? | activad[ao]s? | ativad[ao]s? | abilitat[oi] | attivat[oi] | включен\w{0,3} | подключен\w{0,3} | 启用 | 已开启 | 啟用 | 有効(に|化) | 有効な | 활성화
        """,
        "routing": r"~routing | routage | enrutamiento | roteamento | instradamento | маршрутизаци\w{1,3} | 路由 | ルーティング | 라우팅 | requirements | allowed providers? | healthy upstream | ring-balancer | selected (provider|group) | instances? available | available channel | this group",
        "none-up": r"""
            no (healthy|available|live|active|allowed|eligible|suitable|working)( \w{1,12}){0,2} (providers?|upstreams?|channels?|hosts?|backends?|instances?|peers?|servers?|replicas?|workers?) | no instances? available | no healthy upstream | failure to get a peer | no provider\w?( \w{1,10}){0,3} available | all( \w{1,12}){0,2} (providers?|upstreams?|channels?|backends?) (are |have )?(down|failed|unavailable|offline|exhausted|busy) | no provider (can|could|is able|will) | get channel failed | no available
            无可用(渠道|提供商|供应商|节点|实例) | 没有可用(的)?(渠道|提供商|供应商|节点|实例) | 暂无可用
        """,
        # ---- codes that are words, where the text says nothing more
        "model-code": r"""
            model ?(is )?(not ?(found|available|exist\w?|supported|served)|unknown|invalid|missing|unavailable) | (unknown|invalid|no such|unsupported) ?model\w{0,10} | deployment ?not ?found | model ?does ?not ?exist | not ?found ?model
        """,
        "slow-code": r"rate ?limit\w{0,12} | too ?many ?requests?\w{0,6} | throttl\w{0,10} | request quota exceeded | resource ?exhausted",
        "denied-code": r"permission ?(denied|error) | permissions error | access ?denied\w{0,10} | forbidden | not authorized | unauthorized ?access",
        "down-code": r"(service )?unavailable\w{0,9} | unavailable error | capacity exceeded | server ?overloaded | overloaded\w{0,6} | queue exceeded",
        "overload-code": r"overloaded\w{0,6} | overload error | server overload\w{0,3} | capacity ?exceeded | queue exceeded | engine overloaded\w{0,6}",
        "tls": r"http request.{0,24}to (an )?https | plain http request",
    }
)
