"""What is wrong with the files of a site, and what to do, in English and Japanese. Knows no file."""

from collections.abc import Mapping

_FILES: Mapping[str, tuple[str, str]] = {
    "no_file": ("there is no such file", "ファイルがありません"),
    "copy_the_demo": (
        "name the site directory with -c; configs/demo is one to copy",
        "-c で事業所のフォルダを指定してください。configs/demo を複製して使えます",
    ),
    "no_folder": ("there is no such folder", "フォルダがありません"),
    "copy_the_association": (
        "name the association's folder with -c; configs/templates/association is one to copy",
        "-c で協会のフォルダを指定してください。configs/templates/association を複製して使えます",
    ),
    "site_there": ("there is a site already", "事業所が既にあります"),
    "another_folder": ("name another directory", "別のフォルダを指定してください"),
    "unreadable": ("cannot be read: {said}", "読めません: {said}"),
    "not_toml": ("is not TOML: {said}", "TOML として読めません: {said}"),
    "said_elsewhere": ("{said}", "書き方が違います: {said}"),
    "it_says": ("it says {found}", "現在の値: {found}"),
    "did_you_mean": ("did you mean {name!r}?", "{name!r} ではありませんか"),
    "known_keys": ("known keys: {known}", "使えるキー: {known}"),
    "key_missing": ("{name} is missing", "{name} がありません"),
    "add_key": ("add the key {key!r}", "キー {key!r} を書いてください"),
    "unknown_key": ("unknown key {key!r}", "不明なキー {key!r} があります"),
    "one_of": ("one of: {known}", "次のいずれか: {known}"),
}

_NAMES: Mapping[str, tuple[str, str]] = {
    "no_stream": ("no stream {name!r}", "系統 {name!r} がありません"),
    "no_device": ("no device {name!r}", "機器 {name!r} がありません"),
    "no_point": ("no point {name!r}", "計測点 {name!r} がありません"),
    "no_balance": ("no balance {name!r}", "収支 {name!r} がありません"),
    "no_counter": ("no counter {name!r}", "積算値 {name!r} がありません"),
    "no_protocol": ("no protocol {name!r}", "通信方式 {name!r} はありません"),
    "no_profile": ("no device profile {name!r}", "機器プロファイル {name!r} がありません"),
    "where_profiles_are": (
        "a profile is a file in the site's folder devices/, or one that ships with Atsuen",
        "プロファイルは事業所フォルダの devices/ か、製品に付属するファイルです",
    ),
    "id_taken": ("the id {name!r} is taken", "id {name!r} は既に使われています"),
    "alert_ids": ("each alert has its own", "警報ごとに別の id にしてください"),
    "sheet_ids": ("each sheet has its own", "[[sheet]] ごとに別の id にしてください"),
    "stream_ids": ("streams and products share one set of ids", "系統と製品の id は互いに重複できません"),
    "device_twice": ("two devices have the id {name!r}", "機器の id {name!r} が重複しています"),
    "device_ids": ("ids are unique over the whole site", "機器の id は事業所全体で重複できません"),
    "no_time_zone": (
        "{name!r} is no time zone; Japan's is Asia/Tokyo",
        "{name!r} という時間帯はありません。日本は Asia/Tokyo です",
    ),
    "service_name": (
        "{name!r} is taken: topics and users of the broker have that name",
        "{name!r} は使えません: ブローカーのトピックと利用者がこの名前を使います",
    ),
}

_STREAMS: Mapping[str, tuple[str, str]] = {
    "counted_twice": ("{name} is counted twice", "{name} が二重に計上されています"),
    "end_with_valid_to": ("end the first with valid_to", "先の行を valid_to で終わらせてください"),
    "point_is_state": ("{name} is a state", "{name} は状態値です"),
    "stream_counts": ("a stream counts counters and gauges", "系統には積算値か瞬時値を指定してください"),
    "unit_differs": (
        "{name} counts {unit}, the stream {wanted}",
        "{name} の単位は {unit}、系統の単位は {wanted} です",
    ),
    "units_agree": ("the units must agree", "単位を一致させてください"),
    "valid_to_early": ("valid_to is not after valid_from", "valid_to が valid_from より後ではありません"),
    "valid_to_first": (
        "valid_to is the first day that no longer counts",
        "valid_to には、対象外になる最初の日を書きます",
    ),
    "no_gas_state": (
        "{name} is missing for this kind of gas meter",
        "この種類のガスメーターには {name} が必要です",
    ),
    "gas_state_why": (
        "an uncorrected volume without its pressure is wrong by a factor of 2 to 4",
        "補正前の体積は、圧力が分からなければ2~4倍も誤ります",
    ),
    "point_is_other": ("{name} is a {kind} in {unit}", "{name} は {kind}(単位 {unit})です"),
    "gauge_needed": ("a gauge in {unit} is needed", "単位 {unit} の瞬時値(gauge)が必要です"),
    "turns_over": ("{name} can turn over in {turn_s} s", "{name} は {turn_s} 秒で桁あふれし得ます"),
    "wider_register": (
        "poll a wider register, or set journal.gap_s below {half_s}",
        "桁数の多いレジスタを読むか、journal.gap_s を {half_s} 未満にしてください",
    ),
    "replacement_counter": (
        "a replacement speaks of a counter, written device.point",
        "交換の対象は積算値です。「機器.計測点」の形で書いてください",
    ),
    "no_coils": ("no coils in {number} and {weight}", "{number} と {weight} ではコイルを数えられません"),
    "coil_points": (
        "number and weight are points of one device, written device.point",
        "number と weight は同じ機器の計測点を「機器.計測点」の形で書いてください",
    ),
    "point_there": ("{device} has a point {name} already", "{device} には計測点 {name} が既にあります"),
    "sheet_device": ("a device is called {name!r}, as sheets are", "機器の id {name!r} は [[sheet]] が使う名前です"),
    "rename_device": (
        "name the device otherwise, or take the [[sheet]] tables away",
        "機器の id を変えるか、[[sheet]] を削除してください",
    ),
    "unit_is_rate": ("{unit} is a rate, not an amount", "{unit} は量ではなく、時間あたりの値の単位です"),
    "write_unit": ("write down {unit}", "{unit} で記入してください"),
    "no_modulus": ("a quantity has no modulus", "数量(quantity)に modulus は書けません"),
    "register_turns": ("only a register turns over", "桁あふれするのは指針(register)だけです"),
}

_BALANCES: Mapping[str, tuple[str, str]] = {
    "balance_units": ("balance {name} mixes the units {units}", "収支 {name} に異なる単位があります: {units}"),
    "one_unit": ("balance one unit at a time", "収支は一つの単位で書いてください"),
    "balance_twice": ("balance {name} names a stream twice", "収支 {name} に同じ系統が2回あります"),
    "allocation_key": ("allocation of {name}: one key is needed", "{name} の配賦: 基準が一つ必要です"),
    "shares_or_by": ("give shares, or by, not both", "shares か by のどちらか一方を書いてください"),
    "shares_exceed": ("shares of {name} come to more than 1", "{name} の配賦割合の合計が1を超えています"),
    "rest_stays": ("what is left stays where it is", "残りは元の区域に計上されます"),
    "no_area": ("no stream has the area {name!r}", "区域 {name!r} の系統がありません"),
}

_PAGES: Mapping[str, tuple[str, str]] = {
    "to_day_early": ("to_day is not after from_day", "to_day が from_day より後ではありません"),
    "to_day_first": ("to_day no longer counts", "to_day は期間に含みません"),
    "valid_to_out": ("valid_to no longer counts", "valid_to の日は含みません"),
    "shed_twice": ("{name} is to be switched off twice", "{name} が停止の順に2回あります"),
    "shed_once": ("name each load once, in order", "負荷は停止する順に1回ずつ書いてください"),
    "target_year": (
        "the target year {year} is not after {base_year}",
        "目標年度 {year} が基準年度 {base_year} より後ではありません",
    ),
    "target_twice": ("{figure} has a target already", "{figure} の目標は既にあります"),
    "one_path": ("one path for each figure", "目標は一つの指標に一つだけです"),
    "two_prices": ("{name} has two prices at a time", "{name} の単価が同じ日に二つあります"),
    "shift_start": ("a shift cannot begin at {start}", "勤務帯は {start} から始められません"),
    "half_hours_only": ("only at :00 and :30", "毎時0分か30分にしてください"),
    "charge_and_idle": ("charge and idle belong together", "charge と idle は両方必要です"),
    "charge_hint": (
        "the state, and its codes that mean no charge",
        "装入の状態と、装入なしを表すその値を書いてください",
    ),
    "state_needed_not": ("{name} is a {kind}", "{name} は {kind} です"),
    "state_needed": ("a state is needed", "状態値(state)が必要です"),
    "needs_demand": ("an alert of demand needs the table [demand]", "デマンドの警報には [demand] が必要です"),
    "state_contract": ("state the contract power there", "そこに契約電力を書いてください"),
    "needs_baseline": ("an alert of intensity needs the table [baseline]", "原単位の警報には [baseline] が必要です"),
    "state_days": ("state its days there", "そこに基準の期間を書いてください"),
    "alert_needs": ("{kind} needs {key}", "{kind} には {key} が必要です"),
    "alert_no_key": ("{kind} has no key {key!r}", "{kind} にキー {key!r} はありません"),
    "its_keys": ("its keys: {known}", "使えるキー: {known}"),
    "common_keys": (
        "its keys: no more than the common ones",
        "この種類に固有のキーはありません",
    ),
    "stream_unit": ("{name} is counted in {unit}", "{name} の単位は {unit} です"),
    "electric_unit": ("one in {known} is needed", "単位が {known} の系統が必要です"),
}

_OPEN_EN = (
    "host {host} is open to the network: give certificate_file, key_file and people, "
    "or proxy_header and proxy_addresses, or leave it at 127.0.0.1"
)
_OPEN_JA = (
    "host {host} はネットワークから接続できます。certificate_file・key_file・people か、"
    "proxy_header・proxy_addresses を書くか、127.0.0.1 のままにしてください"
)

_SERVICES: Mapping[str, tuple[str, str]] = {
    "no_ip_address": (
        "{name!r} does not appear to be an IPv4 or IPv6 address",
        "{name!r} は IPv4・IPv6 のアドレスではありません",
    ),
    "certificate_and_key": (
        "certificate_file and key_file belong together",
        "certificate_file と key_file は両方必要です",
    ),
    "proxy_and_addresses": (
        "proxy_header and proxy_addresses belong together",
        "proxy_header と proxy_addresses は両方必要です",
    ),
    "host_is_open": (_OPEN_EN, _OPEN_JA),
    "username_and_password": (
        "username and password belong together; the password is the credential notify__email__password",
        "username と password は両方必要です。password は資格情報 notify__email__password に置きます",
    ),
    "mail_in_clear": (
        'security = "none" sends in the clear to {host}: use "starttls" or "tls"',
        'security = "none" では {host} へ暗号化せずに送信します。"starttls" か "tls" にしてください',
    ),
    "no_https": ("url is no https address", "url が https のアドレスではありません"),
    "token_characters": (
        "token has characters that no header takes",
        "token にヘッダーで使えない文字があります",
    ),
    "open_to_others": ("others than its owner may use this file", "所有者以外もこのファイルを使えます"),
    "chmod": ("chmod 600 {path}", "chmod 600 {path}"),
    "no_person": ("is no person", "利用者の行ではありません"),
    "person_twice": ("{name} stands here a second time", "{name} が2回あります"),
    "nobody": ("names nobody", "利用者がありません"),
    "person_line": (
        "a line is ROLE HASH NAME, as `password` prints it; ROLE is {roles}",
        "1行は「ROLE HASH NAME」です(`password` コマンドが出力)。ROLE は {roles}",
    ),
}

_FACTORS: Mapping[str, tuple[str, str]] = {
    "number_as_text": (
        'write the number as text, with the digits of the source: "8.64"',
        '数値は出典の桁のまま、文字列で書いてください: "8.64"',
    ),
    "no_number": ("is no number", "数値ではありません"),
    "factor_in_unit": ("a {quantity} factor cannot be in {unit}", "{quantity} の係数の単位は {unit} になりません"),
    "factor_state": (
        "reference_state belongs to a factor per gas volume, and only there; this is {unit}",
        "reference_state は気体体積あたりの係数にだけ書きます。この係数の単位は {unit} です",
    ),
    "factor_kinds": ("kinds belong to {carrier}, and only there", "kinds は {carrier} の係数にだけ書きます"),
    "published_in": (
        "published_t_co2 belongs to a carbon content in {unit}",
        "published_t_co2 は単位 {unit} の炭素含有量にだけ書きます",
    ),
    "inferred_reason": (
        "an inferred value needs a reason: from what it is inferred",
        "推定値(inferred)には、何から推定したかの reason が必要です",
    ),
    "quantity_heat": ("heat", "発熱量"),
    "quantity_co2": ("co2", "CO2"),
    "factor_unit": ("{said}", "係数の単位 {unit} は使えません"),
    "table_twice": ("table {name} of {revision} is also in {path}", "表 {name}({revision} 版)は {path} にもあります"),
    "new_revision": ("new content needs a new revision", "内容を変えたら新しい revision にしてください"),
    "foreign_year": ("names a fiscal year that the file does not name", "ファイルにない年度を挙げています"),
    "file_years": ("the file holds for {years}", "ファイルの対象年度: {years}"),
    "factors_conflict": ("{said}", "他の係数と両立しません: {said}"),
    "no_factor_set": ("{said}", "制度 {scheme} の{year}年度の係数表がありません"),
    "stream_fails": ("stream {name}: {said}", "系統 {name}: 熱量・CO2 に換算できません: {said}"),
    "stream_no_factor": (
        "stream {name}: {said}",
        "系統 {name}: {carrier} の{quantity}係数がありません(制度 {scheme}、{year}年度)。factors に追加してください",
    ),
}

COLLECTORS_SENTENCES: Mapping[str, tuple[str, str]] = {
    "no_id": ("{said}", "{text!r} は id に使えません。英小文字で始まる英小文字・数字・_ にしてください"),
    "modulus_of_counter": ("{said}", "計測点 {point}: modulus は積算値(counter)だけに書きます。これは {kind} です"),
    "step_without_rate": ("{said}", "計測点 {point}: largest_step には maximum_per_hour も必要です"),
    "two_points": ("{said}", "計測点の id {id} が重複しています"),
    "two_devices": ("{said}", "機器の id {id} が重複しています"),
    "beyond_registers": ("{said}", "計測点 {point}: 最後のレジスタが {last} になります(上限 {highest})"),
    "overlap": ("{said}", "計測点 {first} と {second} がレジスタ {address} で重なっています"),
    "too_wide": ("{said}", "計測点 {point} は {width} レジスタで、max_registers({most})を超えます"),
    "no_clock": ("{said}", "clock の計測点 {point!r} が機器にありません"),
    "narrow_clock": ("{said}", "clock の計測点 {point} は1970年からのミリ秒です。64ビットの型にしてください"),
    "no_register_value": ("{said}", "{number} は型 {type} のレジスタの値になりません"),
    "no_opc_address": ("{said}", "{text!r} はアドレスではありません。例: 'opc.tcp://192.168.0.10:4840'"),
    "user_in_url": ("{said}", "利用者名とパスワードは url ではなく username と password に書いてください"),
    "password_alone": ("{said}", "password がありますが、username がありません"),
    "no_node": ("{said}", "{text!r} はノードではありません。例: 'nsu=urn:maker:plc;s=Meter.Energy'、'ns=2;i=17'"),
    "no_node_identifier": ("{said}", "{text!r} はノードではありません。{letter}= の後の書き方が違います"),
}
"""What collectors find wrong, by the kinds that they name, with their values; of another kind only English is said."""

SENTENCES: Mapping[str, tuple[str, str]] = {
    kind: sentence
    for table in (_FILES, _NAMES, _STREAMS, _BALANCES, _PAGES, _SERVICES, _FACTORS, COLLECTORS_SENTENCES)
    for kind, sentence in table.items()
}
