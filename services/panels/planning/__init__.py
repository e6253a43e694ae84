"""The best plan: which waiting case is heard at which sitting, proved level by level, and why, in words.

``problem`` says what is asked, ``levels`` what is better, in which order. ``faces`` solves one level as a linear
programme and keeps only the plans that are best at it; where these are not whole, ``search`` finds and proves the best
whole one. ``solve`` walks the levels. Nothing here reads a clock, a file or the network: equal input, equal plan.
"""
