"""The sections of a run's page; `reports/html.py` puts them together."""
