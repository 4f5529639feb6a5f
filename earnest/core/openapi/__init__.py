"""The description of the API: an OpenAPI 3.1 document and a page, both made from the endpoints' own declarations."""
