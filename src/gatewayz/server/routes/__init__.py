"""One file per subject of the API; each offers `routes(backend)`."""
