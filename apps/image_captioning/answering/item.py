"""Pictures to check and warm up an export with; what `predict` takes is read in `shared.data`."""

import io

from PIL import Image

from apps.image_captioning.sample import picture_of
from shared.data.pictures.item import Item

# Of what is drawn, before it is made wide or high.
SIZE = 64
FORMS = ("PNG", "JPEG", "JPEG", "GIF", "BMP", "WEBP")


def example_items(seed: int = 0) -> list[Item]:
    """Returns scenes of several sizes and formats; the same seed gives the same ones."""
    items = []
    for number, form in enumerate(FORMS):
        scene = Image.open(io.BytesIO(picture_of(seed, number, SIZE)))
        file = io.BytesIO()
        # Square, wide and high.
        shape = (SIZE + 40 * (number % 3), SIZE + 25 * (number // 3))
        scene.resize(shape).save(file, form)
        items.append(Item(f"scene {number}.{form.lower()}", file.getvalue()))
    return items
