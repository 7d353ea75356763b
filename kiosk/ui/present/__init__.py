"""State to views: what each screen shows, in the visitor's words. Plain functions, no Kivy."""
