# Says what a monochrome camera sees, as classify.py does, which has to be on the board too. The
# network may take one channel or three; a grey pixel is all three then.
from classify import run

run(grayscale=True)
