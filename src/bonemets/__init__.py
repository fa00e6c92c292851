"""Decision support for bone metastasis: a record in, an explained and cited assessment out."""
