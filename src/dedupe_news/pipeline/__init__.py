"""Both rooms for a whole collection: in memory, through files of any size, and on columns.

`articles` takes what Python holds and gives a `DedupeResult`; `files` takes what `io` reads and keeps what it
has done in a folder; `frames` takes columns and gives columns. Who is who (`identity`) and who stands for
whom (`stories`) is decided once for all.
"""
