"""Labels: the printed pictures of stickers, on the paper that people have.

Words: *stock* is the paper (``L7160``), a *sheet* is one page of it, a *slot* is one place on a sheet (counted from 1,
along the rows), a *label* is what is printed into a slot: the symbol, its quiet zone, and the text.

Rules: lengths are millimetres, from the top left corner of the page or of the label, until the PDF turns them into
points. The quiet zone stays empty, a module is never under 0.25 mm, and no text is dropped without a sign: it wraps,
then shrinks, then ends in an ellipsis; a character that no font has is reported before printing.
"""
