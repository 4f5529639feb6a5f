"""`earnest doctor`: is everything here that a server needs, and is it as it should be?"""
