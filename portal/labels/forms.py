"""The form that chooses how labels are printed. It is handed the stocks and what each refuses."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.labels.composing import DEFAULT_LINES, LINES
from portal.labels.layout import Refusal, plan
from portal.labels.stock import Stock, all_stocks, find_stock

MOST_COPIES = 100


def stock_choices() -> list[SelectChoice]:
    """Every stock, grouped by paper."""
    return [
        SelectChoice(
            stock.number,
            f"{stock.maker} {stock.number} \u00b7 {stock.columns} \u00d7 {stock.rows} \u00b7 "
            f"{stock.label_width:g} \u00d7 {stock.label_height:g} mm",
            optgroup="US Letter" if stock.paper == "Letter" else "A4",
            render_kw={"data-columns": str(stock.columns), "data-rows": str(stock.rows)},
        )
        for stock in all_stocks()
    ]


class LabelsForm(FlaskForm):  # type: ignore[misc]  # the library carries no types
    """Fields of POST /admin/labels.pdf beside the records themselves."""

    stock = SelectField("Label stock", choices=stock_choices, validate_choice=False)
    first_slot = IntegerField("First free label", default=1)
    copies = IntegerField(
        "Copies of each label",
        default=1,
        validators=[NumberRange(1, MOST_COPIES, f"Type a number from 1 to {MOST_COPIES}.")],
    )
    line = SelectMultipleField(
        "Lines of text",
        choices=[SelectChoice(line.name, line.label) for line in LINES],
        default=list(DEFAULT_LINES),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    typed_code = BooleanField("The code to type, for people without a camera", default=True)
    scan_me = StringField(
        "Words below the text", default="", validators=[Length(max=40, message="Use at most 40 characters.")]
    )
    logo = BooleanField("The company's logo")

    def chosen_stock(self) -> Stock | None:
        """The stock by number or alias."""
        return find_stock((self.stock.data or "").strip())

    def validate_stock(self, field: SelectField) -> None:
        if self.chosen_stock() is None:
            raise ValidationError("Choose one of the label stocks in the list.")

    def validate_first_slot(self, field: IntegerField) -> None:
        stock = self.chosen_stock()
        if stock is not None and (field.data is None or not 1 <= field.data <= stock.slots):
            raise ValidationError(
                f"Choose a label from 1 to {stock.slots}: one sheet of {stock.number} has {stock.slots}."
            )

    def refuse_stock(self, symbol_size: int) -> bool:
        """Adds the reason to the stock field when it cannot carry a symbol of this size. Returns whether it did."""
        stock = self.chosen_stock()
        verdict = plan(stock, symbol_size, logo=bool(self.logo.data)) if stock else None
        if not isinstance(verdict, Refusal):
            return False
        self.stock.errors = [*self.stock.errors, verdict.reason]
        return True
