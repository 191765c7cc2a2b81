"""Random variation of training images, a file each; `shared.images.batches` applies it.

All of it takes its random numbers as an argument, and nowhere else.
"""
