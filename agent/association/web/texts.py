"""The words of the officer's pages. Each has one key; both languages have every key."""

from dataclasses import dataclass

from agent.texts import LANGUAGES

WEB_TEXTS: dict[str, tuple[str, str]] = {
    "skip": ("Skip to content", "本文へ移動"),
    "views": ("Views", "画面"),
    "view_inbox": ("Inbox", "受付"),
    "view_status": ("Status", "提出状況"),
    "view_questions": ("Questions", "質問"),
    "view_form": ("Form", "様式"),
    "view_site": ("Site", "事業所"),
    "language": ("Language", "言語"),
    "apply": ("Apply", "適用"),
    "log_in": ("Log in", "ログイン"),
    "log_out": ("Log out", "ログアウト"),
    "name": ("Name", "氏名"),
    "password": ("Password", "パスワード"),
    "wrong_password": ("Name or password is wrong.", "氏名またはパスワードが違います。"),
    "too_many_tries": ("Too many tries: wait {wait} s.", "試行回数が多すぎます。{wait} 秒お待ちください。"),
    "people_mistake": (
        "The file of people has a mistake, so nobody can log in. The program's log says which.",
        "利用者ファイルに誤りがあるためログインできません。詳細はプログラムのログを参照してください。",
    ),
    "role_officer": ("officer", "担当者"),
    "role_reader": ("reader", "閲覧者"),
    "fiscal_year": ("Fiscal year", "年度"),
    "show": ("Show", "表示"),
    "held": ("Held", "保留"),
    "held_none": ("Nothing is held.", "保留はありません。"),
    "accepted": ("Accepted", "受領済み"),
    "accepted_none": ("Nothing has been accepted yet.", "受領済みの提出書はまだありません。"),
    "received": ("received", "受信日時"),
    "company": ("company", "会社"),
    "site": ("site", "事業所"),
    "revision": ("revision", "版"),
    "state": ("state", "状態"),
    "state_missing": ("missing", "未提出"),
    "state_provisional": ("provisional", "速報"),
    "state_final": ("final", "確定"),
    "in_force": ("in force", "有効"),
    "not_in_force": ("not in force", "有効な版ではない"),
    "version": ("FY{year} revision {revision}", "{year}年度 第{revision}版"),
    "way": ("way", "経路"),
    "mqtt": ("MQTT", "MQTT"),
    "https": ("HTTPS", "HTTPS"),
    "folder": ("folder", "フォルダー"),
    "command": ("command", "コマンド"),
    "origin": ("from", "送信元"),
    "times": ("times", "回数"),
    "key": ("key", "鍵"),
    "digest": ("SHA-256", "SHA-256"),
    "reason": ("Reason, and what the sender can do", "理由と送信者の対応"),
    "unverified": ("as the file says itself", "ファイルの記載による"),
    "settle": ("Settled", "処理済みにする"),
    "late": ("late", "期限超過"),
    "came_late": ("after the deadline", "期限後に受領"),
    "deadline": ("Deadline", "提出期限"),
    "known_percent": ("known % (of it measured %)", "把握 %(うち計測 %)"),
    "strangers": ("Files of strangers", "事業所自身の署名がないファイル"),
    "strangers_why": (
        "The site that they name did not sign them. They are counted against nobody and bring no reminder.",
        "記載された事業所の署名がないファイルです。どの事業所の未処理にも数えず、督促もしません。",
    ),
    "more": ("And {count} more, in the inbox.", "ほか {count}件(受付画面を参照)。"),
    "open_questions": ("open questions", "未回答の質問"),
    "complete": ("Everything has arrived, nothing is open.", "すべて受領済みで、未処理の事項はありません。"),
    "count_states": (
        "{final} final, {provisional} provisional, {missing} missing",
        "確定 {final}、速報 {provisional}、未提出 {missing}",
    ),
    "parts": ("Parts of the list", "一覧のページ"),
    "previous": ("Previous", "前へ"),
    "next": ("Next", "次へ"),
    "reminders": ("Reminders to send", "督促文"),
    "reminders_none": ("Nobody needs a reminder.", "督促の必要はありません。"),
    "questions_none": ("No questions are raised.", "質問はありません。"),
    "question": ("question", "質問"),
    "answer": ("Answer", "回答"),
    "answered": ("answered", "回答済み"),
    "earlier_answer": ("before the figures changed", "数値変更前の回答"),
    "send_answer": ("Keep the answer", "回答を保存"),
    "answer_kept": ("The answer is kept.", "回答を保存しました。"),
    "settled": ("The file is settled.", "処理済みにしました。"),
    "revisions": ("Revisions", "版の一覧"),
    "differences": ("What changed from revision {before} to {after}", "第{before}版から第{after}版への変更点"),
    "no_difference": ("No figure changed.", "数値の変更はありません。"),
    "line": ("line", "行"),
    "field": ("field", "項目"),
    "before": ("before", "変更前"),
    "after": ("after", "変更後"),
    "findings": ("To be settled before the form is final", "確定前に解決すべき事項"),
    "no_factors": ("The form cannot be printed", "様式を作成できません"),
    "withheld": (
        "× is withheld: the figure would say too much of one company.",
        "× は秘匿(一社の数値が判明するため)。",
    ),
    "item": ("item", "項目"),
    "unit": ("unit", "単位"),
    "not_allowed": ("Only an officer may do that.", "担当者のみが実行できます。"),
    "form_expired": (
        "This page was too old. Try again.",
        "ページの有効期限が切れました。もう一度実行してください。",
    ),
    "error_none": ("There is no such page.", "ページがありません。"),
    "error_asked": ("That could not be understood.", "指定を解釈できません。"),
    "error_store": ("The database is away. Try again later.", "データベースに接続できません。後ほどお試しください。"),
    "error_bug": (
        "Something went wrong. The log has the details.",
        "エラーが発生しました。詳細はログを参照してください。",
    ),
    "go_back": ("To the inbox", "受付へ戻る"),
}


@dataclass(frozen=True, slots=True)
class WebTexts:
    """The texts of one language."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in. Raises KeyError for a key that does not exist."""
        return WEB_TEXTS[key][LANGUAGES.index(self.language)].format(**values)
