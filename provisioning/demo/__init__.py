"""The demo: a miniature installation of real parts, with robots as partners and, if wanted, as visitor."""
