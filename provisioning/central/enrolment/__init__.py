"""Who may become a terminal of this house: tokens, certificates, renewal, revocation. See `server` for the way in."""
