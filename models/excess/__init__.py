"""Credible excess: a true rate at least so many times that of peers, estimated from the past and held against it."""
