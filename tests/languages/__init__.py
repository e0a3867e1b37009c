"""Six languages: catalogues, templates, pages and mails."""
