"""The pages that are written from the code: `python -m opencse.docs` writes all of them."""
