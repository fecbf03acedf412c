"""A prescription as a customer would photograph it, drawn for the demo: invented people, real layout."""

import io
from collections.abc import Sequence
from datetime import date

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 1240, 1600


def draw(medicines: Sequence[str], issued_on: date) -> bytes:
    """Give a PNG of a prescription with these lines, slightly turned and unsharp like a photograph."""
    page = Image.new("RGB", (WIDTH, HEIGHT), "#fbf9f3")
    pen = ImageDraw.Draw(page)
    head, text = ImageFont.load_default(46), ImageFont.load_default(36)
    pen.text((90, 80), "Lakeside Family Clinic", font=head, fill="#1f3b5a")
    pen.text((90, 150), "Dr. Kavita Example, MBBS, MD", font=text, fill="#1f3b5a")
    pen.text((90, 205), "Reg. No. KMC 45821", font=text, fill="#1f3b5a")
    pen.line((90, 270, WIDTH - 90, 270), fill="#1f3b5a", width=4)
    pen.text((90, 310), f"Date: {issued_on:%d/%m/%Y}", font=text, fill="#222222")
    pen.text((90, 370), "Patient: Asha Example    Age: 34", font=text, fill="#222222")
    pen.text((90, 470), "Rx", font=head, fill="#222222")
    for number, line in enumerate(medicines, start=1):
        pen.text((110, 480 + number * 90), f"{number}. {line}", font=text, fill="#222222")
    pen.text((90, HEIGHT - 260), "Plenty of fluids. Review after one week.", font=text, fill="#222222")
    pen.line((WIDTH - 460, HEIGHT - 150, WIDTH - 110, HEIGHT - 170), fill="#22336b", width=5)
    pen.text((WIDTH - 420, HEIGHT - 130), "Signature", font=text, fill="#222222")
    photo = page.rotate(0.7, expand=False, fillcolor="#e6e2d8").filter(ImageFilter.GaussianBlur(0.6))
    out = io.BytesIO()
    photo.save(out, "PNG")
    return out.getvalue()
