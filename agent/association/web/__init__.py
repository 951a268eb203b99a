"""The officer's pages and the upload: what came, who has submitted, what is asked, the form."""
