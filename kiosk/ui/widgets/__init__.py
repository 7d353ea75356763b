"""The reusable parts of the screens. Importing this package makes every class and its rules known to `.kv` files.

Parts know the theme and their view; they know neither the state nor what an intent does.
"""

from kiosk.ui.widgets.base import (
    Areas,
    Card,
    Column,
    Gap,
    Icon,
    Pair,
    Row,
    Shelves,
    Surface,
    TableDrawing,
    Text,
    WaitingIcon,
)
from kiosk.ui.widgets.button import BarButton, BottomBar, CornerButton, TouchButton, Trio, TrioButton
from kiosk.ui.widgets.level import LevelBar
from kiosk.ui.widgets.notices import FaultCard, Toast
from kiosk.ui.widgets.pane import Pane
from kiosk.ui.widgets.pie import Pie
from kiosk.ui.widgets.plate import LampRow, Plate
from kiosk.ui.widgets.qr_code import QrCode
from kiosk.ui.widgets.repeat import Repeat
from kiosk.ui.widgets.rows import (
    DeskRow,
    Grid,
    LanguageGrid,
    LanguageRow,
    List,
    NeedTile,
    PersonRow,
    SessionRow,
)
from kiosk.ui.widgets.tag import StateMark, Tag
from kiosk.ui.widgets.tile import Chip, Stage, Tile
from kiosk.ui.widgets.top_bar import TimeLeft, TopBar
from kiosk.ui.widgets.touch import Touchable
from kiosk.ui.widgets.video_picture import Frame, VideoPicture

__all__ = [
    "Areas",
    "BarButton",
    "BottomBar",
    "Card",
    "Chip",
    "Column",
    "CornerButton",
    "DeskRow",
    "FaultCard",
    "Frame",
    "Gap",
    "Grid",
    "Icon",
    "LampRow",
    "LanguageGrid",
    "LanguageRow",
    "LevelBar",
    "List",
    "NeedTile",
    "Pair",
    "Pane",
    "PersonRow",
    "Pie",
    "Plate",
    "QrCode",
    "Repeat",
    "Row",
    "SessionRow",
    "Shelves",
    "Stage",
    "StateMark",
    "Surface",
    "TableDrawing",
    "Tag",
    "Text",
    "Tile",
    "TimeLeft",
    "Toast",
    "TopBar",
    "TouchButton",
    "Touchable",
    "Trio",
    "TrioButton",
    "VideoPicture",
    "WaitingIcon",
]
