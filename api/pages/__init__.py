"""The web pages: server-rendered, without JavaScript needed anywhere."""
