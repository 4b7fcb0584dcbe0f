"""HTTP: the JSON API and the web pages. Thin: parse, ask reunite, render."""
