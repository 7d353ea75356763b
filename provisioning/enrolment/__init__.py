"""How a terminal becomes one of the house: the ticket on its card, its request, its certificate."""
