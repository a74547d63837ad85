"""Which page draws which question."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ceremony.engine import questions
from ceremony.engine.questions import Question
from ceremony.tui.screens.ask_pin import AskPinPage
from ceremony.tui.screens.ask_puk import AskPukPage
from ceremony.tui.screens.choose_code import ChooseCodePage
from ceremony.tui.screens.choose_place import ChoosePlacePage
from ceremony.tui.screens.choose_slot import ChooseSlotPage
from ceremony.tui.screens.confirm import ConfirmPage
from ceremony.tui.screens.describe import DescribePage
from ceremony.tui.screens.keep_enrolment import KeepEnrolmentPage
from ceremony.tui.screens.plug_in import PlugInPage
from ceremony.tui.screens.question_page import QuestionPage
from ceremony.tui.screens.review import ReviewPageView
from ceremony.tui.screens.roll_call import RollCallPage
from ceremony.tui.screens.take_enrolment import TakeEnrolmentPage
from ceremony.tui.screens.take_response import TakeResponsePage
from ceremony.tui.screens.type_loss import TypeLossPage
from ceremony.tui.screens.type_words import TypeWordsPage

PAGES: Mapping[type[Question[Any]], type[QuestionPage[Any]]] = MappingProxyType(
    {
        questions.Confirm: ConfirmPage,
        questions.RollCall: RollCallPage,
        questions.Describe: DescribePage,
        questions.PlugIn: PlugInPage,
        questions.AskPin: AskPinPage,
        questions.AskPuk: AskPukPage,
        questions.ChooseCode: ChooseCodePage,
        questions.ChooseSlot: ChooseSlotPage,
        questions.TypeLoss: TypeLossPage,
        questions.TakeEnrolment: TakeEnrolmentPage,
        questions.KeepEnrolment: KeepEnrolmentPage,
        questions.ReviewPage: ReviewPageView,
        questions.TypeWords: TypeWordsPage,
        questions.ChoosePlace: ChoosePlacePage,
        questions.TakeResponse: TakeResponsePage,
    }
)


def page_for(question: Question[Any]) -> QuestionPage[Any]:
    """The page of this question."""
    return PAGES[type(question)](question)
