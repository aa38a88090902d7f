"""Both rooms for a whole collection: in memory, and through files of any size.

`articles` takes what Python holds and gives a `DedupeResult`; `files` takes what `io` reads and keeps what it
has done in a folder. Who is who (`identity`) and who stands for whom (`stories`) is decided once for both.
"""
