"""Calls: how packets get to partners and their pictures and sound get here. All behind the waist."""
