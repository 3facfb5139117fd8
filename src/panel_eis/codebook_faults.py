Kind = Literal["select_one", "select_multiple", "integer", "decimal", "text", "date", "calculate"]
KINDS: tuple[Kind, ...] = (
    "select_one", "select_multiple", "integer", "decimal", "text", "date", "calculate",
)  # fmt: skip

CLOSED_LISTS: dict[str, tuple[str, ...]] = {
    "required": ("", "yes", "no"),
    "reverse": ("", "yes"),
    "dynamics": ("", "free", "fixed", "monotone", "event"),
    "base": ("", "answered", "asked"),
    "sensitive": ("", "no", "restricted", "identifier", "open"),
}
SURVEY_COLUMNS = (
    "type", "name", "label::fr", "label::en", "short::fr", "short::en", "hint::fr", "hint::en", "required",
    "relevant", "constraint", "constraint_message::fr", "constraint_message::en", "dimension", "reverse",
    "dynamics", "base", "since", "sensitive", "measure",
)  # fmt: skip
CHOICES_COLUMNS = (
    "list_name", "name", "label::fr", "label::en", "short::fr", "short::en", "family", "missing", "since",
)  # fmt: skip

#####
def names_in(expression: str) -> list[str]:
    """Names of the questions that a ``relevant`` or ``constraint`` expression reads, in order of appearance."""
    return list(dict.fromkeys(re.findall(r"\$\{(\w+)\}", expression)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


#####
def _rows(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        header = list(reader.fieldnames or [])
        for name in header:
            if name not in columns:
                known = {"known": ", ".join(columns)}
                problems.append(Problem("E-CODEBOOK-COLUMN", _shown(path), column=name, details=known))
        for name in columns:
            if name not in header:
                problems.append(Problem("E-CODEBOOK-LACKS", _shown(path), column=name))
        return [(reader.line_num, {k: (v or "").strip() for k, v in row.items() if k}) for row in reader]


def _shown(path: Path) -> str:
    return "/".join(path.parts[-3:])


#####
def _faults(
    row: Mapping[str, str],
    number: int,
    seen: Mapping[str, Variable],
    lists: Mapping[str, tuple[Choice, ...]],
    folder: Path,
) -> list[Problem]:
    file, name = _shown(folder / "survey.csv"), row["name"]
    kind, _, list_name = row["type"].partition(" ")
    faults = []

    def fault(code: str, column: str, **details: str) -> None:
        faults.append(
            Problem(code, file, number, column, value=row[column], details={"name": name, **details})
        )

    if kind not in KINDS:
        fault("E-CODEBOOK-WORD", "type", known=", ".join(KINDS))
    if kind in ("select_one", "select_multiple") and list_name not in lists:
        fault("E-CODEBOOK-LIST", "type", list=list_name, near=did_you_mean(list_name, lists))
    if name in seen:
        fault("E-CODEBOOK-TWICE", "name")
    for column, words in CLOSED_LISTS.items():
        if row[column] not in words:
            fault("E-CODEBOOK-WORD", column, known=", ".join(w for w in words if w))
    for lang in ("fr", "en"):
        if not row[f"label::{lang}"]:
            fault("E-CODEBOOK-LABEL", f"label::{lang}")
    return faults


def _expression_faults(
    rows: list[tuple[int, dict[str, str]]], variables: Mapping[str, Variable], folder: Path
) -> list[Problem]:
    file = _shown(folder / "survey.csv")
    return [
        Problem(
            "E-CODEBOOK-NAME",
            file,
            number,
            column,
            value=name,
            details={"near": did_you_mean(name, variables)},
        )
        for number, row in rows
        for column in ("relevant", "constraint")
        for name in names_in(row[column])
        if name not in variables
    ]


def _choice_faults(rows: list[tuple[int, dict[str, str]]], folder: Path) -> list[Problem]:
    file, seen, faults = _shown(folder / "choices.csv"), set(), []
    for number, row in rows:
        key = (row["list_name"], row["name"])
        if key in seen:
            details = {"name": row["name"]}
            faults.append(
                Problem("E-CODEBOOK-TWICE", file, number, "name", value=row["name"], details=details)
            )
        seen.add(key)
        for lang in ("fr", "en"):
            if not row[f"label::{lang}"]:
                faults.append(
                    Problem("E-CODEBOOK-LABEL", file, number, f"label::{lang}", details={"name": row["name"]})
                )
    return faults
