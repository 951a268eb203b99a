"""Why a cell of an imported sheet cannot be taken, or a sheet cannot be read, and what to do, by kind.

A value `said` is what another program says, in English; the Japanese sentence does without it.
"""

from collections.abc import Mapping

_CELLS: Mapping[str, tuple[str, str]] = {
    "cell_empty": ("is empty", "空欄です"),
    "unknown_not_zero": (
        "unknown is not zero: leave the whole row out, or fill it in",
        "不明は 0 ではありません。行ごと除くか、値を記入してください",
    ),
    "cell_is_date": ("{text} is a date, a number is needed", "{text} は日付です。数値が必要です"),
    "format_as_number": ("set the cell's format to number", "セルの表示形式を数値にしてください"),
    "cell_is_number": ("{text} is a number, a date is needed", "{text} は数値です。日付が必要です"),
    "format_as_date": (
        "set the cell's format to date, or write 2023-04-01",
        "セルの表示形式を日付にするか、2023-04-01 のように書いてください",
    ),
    "cell_full_width": ("{text!r} has full-width characters", "{text!r} に全角文字があります"),
    "cell_commas": ("{text!r} has commas", "{text!r} に桁区切りがあります"),
    "cell_no_number": ("{text!r} is no number", "{text!r} は数値ではありません"),
    "digits_with_point": (
        "digits with a point, such as 1234.5; the unit has a place of its own",
        "1234.5 のように半角数字と小数点で書いてください。単位は別の欄に書きます",
    ),
    "cell_no_date": ("{text!r} is no date", "{text!r} は日付ではありません"),
    "write_date": ("write 2023-04-01 or 2023-04-01 09:30", "2023-04-01 または 2023-04-01 09:30 と書いてください"),
    "cell_no_day": ("{text!r} is no date: {said}", "{text!r} は暦にない日時です"),
    "cell_no_month": ("{text!r} is no month", "{text!r} は月ではありません"),
    "cell_era": ("{text!r} counts years by an era", "{text!r} は元号による年です"),
    "write_plain": ("write {plain}", "{plain} と書いてください"),
    "formula_error": ("its formula gives {text}", "数式の結果が {text} です"),
    "formula_unsaved": (
        "its formula has no stored result: open and save the file in Excel",
        "数式の結果が保存されていません。Excel で開いて保存し直してください",
    ),
    "cell_of_no_kind": (
        "{text} is neither a number nor a date nor text",
        "{text} は数値・日付・文字列のいずれでもありません",
    ),
    "cell_no_yes_or_no": ("{text!r} is neither yes nor no", "{text!r} は「はい」でも「いいえ」でもありません"),
    "write_yes_or_no": ("write true (はい) or false (いいえ)", "true(はい)か false(いいえ)と書いてください"),
    "cell_not_whole": ("{number} is no whole number", "{number} は整数ではありません"),
}

_SHEETS: Mapping[str, tuple[str, str]] = {
    "column_without_heading": ("this column has no heading", "この列に見出しがありません"),
    "outside_table": ("stands outside the table", "表の外にあります"),
    "give_heading": ("give its column a heading", "列に見出しを付けてください"),
    "sheet_empty": ("is empty", "中身がありません"),
    "headings_and_rows": (
        "a row of headings and one row for each value are needed",
        "見出しの行と、値ごとに1行が必要です",
    ),
    "not_csv": ("is not CSV: {said}", "CSV として読めません"),
    "larger_than": ("is larger than {limit_mb} MB", "{limit_mb} MB を超えています"),
    "unpacks_to_more": ("unpacks to more than {limit_mb} MB", "展開すると {limit_mb} MB を超えます"),
    "divide_it": ("divide it", "ファイルを分けてください"),
    "no_encoding": ("is neither UTF-8 nor CP932 text", "文字コードが UTF-8 でも CP932 でもありません"),
    "save_as_csv": ("save it as CSV UTF-8, or as .xlsx", "CSV UTF-8 か .xlsx で保存してください"),
    "no_workbook": ("is no XLSX workbook: {said}", "XLSX のブックとして読めません"),
    "save_as_xlsx": ("save it as .xlsx", ".xlsx で保存してください"),
    "merged_cells": ("merged cells", "結合されたセルです"),
    "unmerge": (
        "unmerge them: it is not clear which row or column the value belongs to",
        "結合を解除してください。値がどの行・列のものか分かりません",
    ),
    "ending_not_read": ("{ending} is not read", "{ending} は読めない形式です"),
    "file_without_ending": ("a file without ending is not read", "拡張子のないファイルは読めません"),
    "save_as_either": ("save it as .xlsx or as CSV", ".xlsx か CSV で保存してください"),
    "known_endings": ("it ends in .xlsx or .csv", "拡張子は .xlsx か .csv です"),
    "no_table": ("no table {name!r}", "{name!r} という表はありません"),
    "known_tables": ("the sheets are {known}", "シート: {known}"),
    "two_columns": ("this sheet has two columns", "このシートは2列です"),
    "what_and_value": ("what it is, and its value", "項目とその値を書いてください"),
    "two_year_files": ("and {other} both speak of the year", "{other} と年度が重なっています"),
    "keep_one": ("keep one", "一方だけを残してください"),
    "other_year": (
        "this is the file of fiscal year {found}, not of {wanted}",
        "{wanted}年度ではなく{found}年度のファイルです",
    ),
    "name_it": ("name it {name}", "ファイル名を {name} にしてください"),
}

_IMPORTS: Mapping[str, tuple[str, str]] = {
    "column_name": ("name", "名称(name)"),
    "column_time": ("time", "検針日時(time)"),
    "column_date": ("date", "日付(date)"),
    "column_month": ("month", "年月(month)"),
    "column_from": ("from", "開始(from)"),
    "column_to": ("to", "終了(to)"),
    "column_register": ("register", "指示値(register)"),
    "column_quantity": ("quantity", "数量(quantity)"),
    "column_unit": ("unit", "単位(unit)"),
    "column_state": ("state", "基準状態(state)"),
    "column_tolerance": ("tolerance", "許容差(tolerance)"),
    "column_document": ("document", "書類(document)"),
    "unknown_heading": ("unknown heading {text!r}", "不明な見出し {text!r} です"),
    "known_headings": (
        "known: {known}; or a name with its unit: sheet.coils [t]",
        "使える見出し: {known}。または名称と単位: sheet.coils [t]",
    ),
    "no_column": ("there is no column {column}", "{column} の列がありません"),
    "columns_there": ("there are {columns}", "ある列: {columns}"),
    "no_such_name": (
        "the site has no point, stream or product {name!r}",
        "サイトに計測点・系統・製品 {name!r} はありません",
    ),
    "day_needed": ("a day is needed, not a time", "時刻ではなく日付が必要です"),
    "from_and_to": ("for other spans use the columns from and to", "ほかの期間には from と to の列を使ってください"),
    "before_beginning": ("lies before the beginning", "始まりより前です"),
    "not_in_year": ("is not in fiscal year {year}", "{year}年度ではありません"),
    "without_year": (
        "leave --fiscal-year out to take it all the same",
        "それでも取り込むには --fiscal-year を付けずに実行してください",
    ),
    "no_gas_state_named": ("no reference state {text!r}", "基準状態 {text!r} はありません"),
    "known_states": ("{known}", "選べるもの: {known}"),
}

SENTENCES: Mapping[str, tuple[str, str]] = {**_CELLS, **_SHEETS, **_IMPORTS}
