"""The forms that a corpus may have on disk, one module each, in the order in which they are tried.

1. `csv`: a labels.csv in the folder, or a CSV file named itself. Whoever wrote a list meant it.
2. `iemocap`: Session*/sentences/wav and Session*/dialog/EmoEvaluation. Its deep tree is like none.
3. `ravdess`: Actor_NN folders, or a flat folder of names of seven numbers.
4. `emodb`: a folder wav, or a flat folder of names such as 03a01Fa.
5. `folders`: one folder of sound files per class, named as the class.
6. `flat`: sound files without labels; takes whatever is left.

`ravdess` and `emodb` come before `folders` because Actor_01 and wav would pass for classes there.
"""

from sernet_edge.audio.formats import emodb, folders, iemocap, listing, ravdess
from sernet_edge.audio.formats.form import Format

FORMATS = (
    Format("csv", "a list of files in CSV", listing.find),
    Format("iemocap", "IEMOCAP, four classes", iemocap.find, has_parts=True),
    Format("ravdess", "RAVDESS, names of seven numbers", ravdess.find),
    Format("emodb", "EMO-DB, original names", emodb.find),
    Format("folders", "one folder per class", folders.find_classes),
    Format("flat", "one folder without labels", folders.find_flat),
)
