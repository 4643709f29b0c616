import type { Catalogue, Text } from "./catalogue.ts";

const TEMPORARY: Text = [
  "Der Dienst ist gerade nicht verfügbar. Versuchen Sie es {when} noch einmal.",
  "Der Dienst ist gerade nicht verfügbar. Versuchen Sie es in einigen Minuten noch einmal.",
];
const OUR_FAULT: Text = [
  "Das Dokument konnte nicht verarbeitet werden, weil bei uns etwas schiefgegangen ist. Versuchen Sie es später noch einmal. Schlägt es wieder fehl, wenden Sie sich an den Support und nennen Sie diese Referenz: {reference}",
  "Das Dokument konnte nicht verarbeitet werden, weil bei uns etwas schiefgegangen ist. Versuchen Sie es später noch einmal.",
];
const SIGN_IN_AGAIN = "Ihre Sitzung ist abgelaufen. Melden Sie sich wieder an.";
const NO_DOCUMENT = "Dieses Dokument gibt es nicht, oder es wurde gelöscht.";
const DAMAGED = "Die Datei ist beschädigt. Öffnen Sie sie, speichern Sie sie neu und laden Sie die neue Kopie hoch.";
const OTHER_CONTENT = "Die Datei ist nicht so angekommen, wie sie abgeschickt wurde. Laden Sie sie noch einmal hoch.";
const WRONG_TYPE =
  "Der Inhalt der Datei passt nicht zu ihrem Namen. Geben Sie ihr die richtige Endung oder speichern Sie sie als PDF, und laden Sie sie noch einmal hoch.";
const NO_TEXT =
  "Im Dokument wurde kein Text gefunden. Wenn es ein Scan ist, laden Sie es mit eingeschalteter Texterkennung noch einmal hoch.";
const TOO_LARGE = "Das Dokument ist zu groß, um gelesen zu werden. Teilen Sie es auf und laden Sie die Teile hoch.";
const PARSING = "Ihr Dokument wird gelesen.";
const PREPARING = "Ihr Dokument wird für die Suche vorbereitet.";
const ONLY_WORDS =
  "Gerade konnten nur Wörter verglichen werden, sodass einige Ihrer Sucheinstellungen keine Wirkung hatten.";
const RELOAD = "Laden Sie die Seite neu und versuchen Sie es noch einmal.";

/** German, with the polite form of address. */
export const german: Catalogue = {
  language: "de",
  errors: {
    aborted: "Das Hochladen wurde abgebrochen.",
    auth_rejected: "Der Anmeldedienst hat das abgelehnt. Prüfen Sie Ihre Eingaben und versuchen Sie es noch einmal.",
    auth_unavailable: [
      "Die Anmeldung ist gerade nicht möglich. Versuchen Sie es {when} noch einmal.",
      "Die Anmeldung ist gerade nicht möglich. Versuchen Sie es in einigen Minuten noch einmal.",
    ],
    body_too_large: "Das ist zu viel auf einmal. Senden Sie weniger und versuchen Sie es noch einmal.",
    consent_required: "Stimmen Sie den aktuellen Nutzungsbedingungen zu, bevor Sie Dokumente hochladen.",
    consent_version_outdated:
      "Die Nutzungsbedingungen haben sich inzwischen geändert. Lesen Sie die neue Fassung und stimmen Sie ihr zu.",
    daily_limit: [
      {
        one: "Sie können {documents} Dokument am Tag hochladen. Versuchen Sie es {when} noch einmal.",
        other: "Sie können {documents} Dokumente am Tag hochladen. Versuchen Sie es {when} noch einmal.",
      },
      {
        one: "Sie können {dailyPages} Seite am Tag lesen lassen. Versuchen Sie es {when} noch einmal.",
        other: "Sie können {dailyPages} Seiten am Tag lesen lassen. Versuchen Sie es {when} noch einmal.",
      },
      "Sie haben die Grenze für heute erreicht. Versuchen Sie es morgen noch einmal.",
    ],
    database_unavailable: TEMPORARY,
    document_busy: "Dieses Dokument wird gerade verarbeitet. Versuchen Sie es noch einmal, wenn es fertig ist.",
    document_not_found: NO_DOCUMENT,
    document_refused: [
      "Dieses Dokument wurde schon einmal abgelehnt und würde wieder abgelehnt. {reason}",
      "Dieses Dokument wurde schon einmal abgelehnt und würde wieder abgelehnt. Berichtigen Sie es und laden Sie die neue Kopie hoch.",
    ],
    duplicate_document: "Sie haben dieses Dokument schon hochgeladen.",
    email_not_confirmed:
      "Bestätigen Sie zuerst Ihre E-Mail-Adresse: Öffnen Sie den Link, den wir Ihnen geschickt haben.",
    email_taken:
      "Zu dieser E-Mail-Adresse gibt es schon ein Konto. Melden Sie sich an oder verwenden Sie eine andere Adresse.",
    file_changed:
      "Die Datei hat sich während des Sendens geändert. Wählen Sie sie noch einmal aus, um ihren jetzigen Inhalt hochzuladen.",
    file_empty: "Die Datei ist leer. Wählen Sie eine andere aus.",
    file_too_large: [
      "Die Datei ist zu groß. Eine Datei darf bis zu {size} haben.",
      "Die Datei ist zu groß. Teilen Sie sie auf und laden Sie die Teile hoch.",
    ],
    file_unreadable:
      "Die Datei kann nicht gelesen werden. Vielleicht wurde sie verschoben oder gelöscht. Wählen Sie sie noch einmal aus.",
    idempotency_key_in_use: [
      "Das wird bereits erledigt. Sehen Sie {when} nach dem Ergebnis.",
      "Das wird bereits erledigt. Sehen Sie gleich nach dem Ergebnis.",
    ],
    idempotency_key_reused: `Das konnte nicht gesendet werden. ${RELOAD}`,
    insecure_context:
      "Dateien können nur über eine sichere Verbindung hochgeladen werden. Öffnen Sie diese Seite unter ihrer https-Adresse.",
    internal_error: [
      "Bei uns ist etwas schiefgegangen. Versuchen Sie es später noch einmal. Passiert es wieder, wenden Sie sich an den Support und nennen Sie diese Referenz: {reference}",
      "Bei uns ist etwas schiefgegangen. Versuchen Sie es später noch einmal.",
    ],
    invalid_credentials: "Die E-Mail-Adresse oder das Passwort ist falsch.",
    invalid_cursor: "Die Liste hat sich geändert. Laden Sie sie noch einmal von vorn.",
    invalid_form: "Die Datei ist unvollständig angekommen. Versuchen Sie es noch einmal.",
    invalid_json: "Die Anfrage ist unvollständig angekommen. Versuchen Sie es noch einmal.",
    invalid_refresh_token: SIGN_IN_AGAIN,
    invalid_signature: "Diese Anfrage konnte nicht geprüft werden.",
    job_not_found: NO_DOCUMENT,
    method_not_allowed: `Das ist hier nicht möglich. ${RELOAD}`,
    mfa_required: "Bestätigen Sie zuerst mit Ihrem zweiten Faktor, dass Sie es sind.",
    monthly_budget_spent: [
      "Das Budget für diesen Monat ist aufgebraucht. Es wird am {date} erneuert.",
      "Das Budget für diesen Monat ist aufgebraucht. Versuchen Sie es im nächsten Monat noch einmal.",
    ],
    live_interrupted:
      "Die Verbindung für Live-Meldungen ist unterbrochen. Der Status wird weiter aktualisiert, nur etwas seltener.",
    network_error: "Es besteht keine Verbindung. Prüfen Sie Ihre Internetverbindung und versuchen Sie es noch einmal.",
    no_such_page: [
      { one: "Das Dokument hat nur {pageCount} Seite.", other: "Das Dokument hat nur {pageCount} Seiten." },
      "Eine dieser Seiten hat das Dokument nicht.",
    ],
    not_complete:
      "Die Verarbeitung dieses Dokuments ist vor ihrem Ende fehlgeschlagen. Lassen Sie sie zuerst wiederholen.",
    not_configured: "Der Dienst ist nicht vollständig eingerichtet. Wenden Sie sich an den Support.",
    not_found: `Diese Seite oder Funktion gibt es nicht. ${RELOAD}`,
    not_parsed: "Dieses Dokument ist reiner Text. Es hat keine Seiten, die noch einmal gelesen werden könnten.",
    not_parsed_yet:
      "Der Text dieses Dokuments liegt noch nicht vor. Versuchen Sie es noch einmal, wenn das Dokument fertig ist.",
    not_removed: "Der abgebrochene Vorgang konnte nicht entfernt werden. Er verschwindet von selbst.",
    not_retryable: "Dieses Dokument ist nicht fehlgeschlagen. Es gibt nichts zu wiederholen.",
    not_uploaded_yet: "Die Datei dieses Dokuments ist noch nicht angekommen. Laden Sie sie noch einmal hoch.",
    not_verified:
      "Die Datei wurde noch nicht geprüft oder wurde abgelehnt. Sie kann deshalb nicht heruntergeladen werden.",
    nothing_unread: "Alle Seiten dieses Dokuments wurden gelesen.",
    password_changed_recently: [
      "Ihr Passwort wurde vor weniger als einem Tag geändert. Sie können Ihr Konto ab {date} löschen.",
      "Ihr Passwort wurde vor weniger als einem Tag geändert. Sie können Ihr Konto löschen, wenn ein Tag vergangen ist.",
    ],
    quota_exceeded: [
      {
        one: "Sie können {documents} Dokument behalten. Löschen Sie es, um ein anderes hochzuladen.",
        other: "Sie können {documents} Dokumente behalten. Löschen Sie einige, um weitere hochzuladen.",
      },
      "Ihre Dokumente dürfen zusammen {size} belegen. Löschen Sie einige, um weitere hochzuladen.",
      "Für dieses Dokument ist kein Platz mehr. Löschen Sie andere, um weitere hochzuladen.",
    ],
    rate_limited: [
      "Das war zu oft. Versuchen Sie es {when} noch einmal.",
      "Das war zu oft. Warten Sie einen Moment und versuchen Sie es noch einmal.",
    ],
    request_timeout: "Die Verbindung war zu langsam. Versuchen Sie es noch einmal.",
    search_timeout:
      "Die Suche hat zu lange gedauert. Fragen Sie mit weniger Wörtern oder suchen Sie in weniger Dokumenten.",
    search_unavailable: [
      "Die Suche nach der Bedeutung ist gerade nicht möglich. Versuchen Sie es {when} noch einmal.",
      "Die Suche nach der Bedeutung ist gerade nicht möglich. Versuchen Sie es in einigen Minuten noch einmal.",
    ],
    session_ended: SIGN_IN_AGAIN,
    session_expired: SIGN_IN_AGAIN,
    sign_in_required:
      "Melden Sie sich neu an, um zu bestätigen, dass Sie es sind, und wiederholen Sie dies innerhalb von zehn Minuten.",
    signup_disabled: "Neue Konten können gerade nicht angelegt werden.",
    storage_unavailable: TEMPORARY,
    timeout: "Das dauert länger als erwartet. Ihr Dokument wird weiter verarbeitet. Sehen Sie später noch einmal nach.",
    too_busy: [
      "Gerade wird zu viel hochgeladen. Versuchen Sie es {when} noch einmal.",
      "Gerade wird zu viel hochgeladen. Versuchen Sie es gleich noch einmal.",
    ],
    unauthorized: "Sie sind nicht angemeldet, oder Ihre Sitzung ist abgelaufen. Melden Sie sich wieder an.",
    unexpected_answer: [
      "Der Dienst hat eine unbrauchbare Antwort gegeben. Versuchen Sie es später noch einmal. Passiert es wieder, wenden Sie sich an den Support und nennen Sie diese Referenz: {reference}",
      "Der Dienst hat eine unbrauchbare Antwort gegeben. Versuchen Sie es später noch einmal.",
    ],
    unexpected_error: `Etwas Unerwartetes ist passiert. ${RELOAD}`,
    unhealthy: TEMPORARY,
    unknown_stage: `Das ist hier nicht möglich. ${RELOAD}`,
    unsupported_media_type: `Das konnte nicht gesendet werden. ${RELOAD}`,
    unsupported_type:
      "Dateien dieser Art werden nicht angenommen. Speichern Sie die Datei als PDF und laden Sie dieses hoch.",
    upload_refused: "Der Dateispeicher hat die Datei nicht angenommen. Laden Sie sie noch einmal hoch.",
    user_banned: "Dieses Konto ist gesperrt. Wenden Sie sich an den Support.",
    user_changed: "Inzwischen hat sich jemand anderes angemeldet. Das Hochladen der vorherigen Dateien wurde beendet.",
    validation_failed:
      "Eine Angabe fehlt oder ist ungültig. Prüfen Sie Ihre Eingaben und versuchen Sie es noch einmal.",
    weak_password: "Dieses Passwort ist zu schwach. Wählen Sie ein längeres, das schwer zu erraten ist.",
    wrong_password: "Das Passwort ist falsch. Ihr Konto wurde nicht gelöscht.",
  },
  failures: {
    ARCHIVE_IS_BROKEN: DAMAGED,
    ATTEMPTS_EXHAUSTED: OUR_FAULT,
    DOCUMENT_TOO_LARGE: TOO_LARGE,
    EMPTY_DOCUMENT: NO_TEXT,
    FILE_MISSING: "Die hochgeladene Datei ist nicht mehr vorhanden. Laden Sie sie noch einmal hoch.",
    INTERNAL_ERROR: OUR_FAULT,
    LLAMAPARSE_BAD_ANSWER: OUR_FAULT,
    LLAMAPARSE_BUDGET_SPENT: OUR_FAULT,
    LLAMAPARSE_FAILED:
      "Das Dokument konnte nicht gelesen werden. Prüfen Sie, ob es sich auf Ihrem Gerät öffnen lässt, und versuchen Sie es dann noch einmal.",
    LLAMAPARSE_NOT_FOUND: OUR_FAULT,
    LLAMAPARSE_OUT_OF_CREDITS: OUR_FAULT,
    LLAMAPARSE_RATE_LIMITED: OUR_FAULT,
    LLAMAPARSE_REJECTED: OUR_FAULT,
    LLAMAPARSE_TIMEOUT: OUR_FAULT,
    LLAMAPARSE_UNAUTHORIZED: OUR_FAULT,
    LLAMAPARSE_UNAVAILABLE: OUR_FAULT,
    LLAMAPARSE_UNREACHABLE: OUR_FAULT,
    MALWARE_FOUND: "Der Virenscanner hat in der Datei Schadsoftware gefunden. Laden Sie eine saubere Kopie hoch.",
    NO_DATA_FOUND_IN_FILE: NO_TEXT,
    NO_PAGE_READ:
      "Keine Seite des Dokuments konnte gelesen werden. Prüfen Sie, ob es sich auf Ihrem Gerät öffnen lässt, und versuchen Sie es dann noch einmal.",
    NOT_A_PDF: WRONG_TYPE,
    OPENAI_BAD_ANSWER: OUR_FAULT,
    OPENAI_BAD_VECTOR: OUR_FAULT,
    OPENAI_BUDGET_SPENT: OUR_FAULT,
    OPENAI_EMPTY_INPUT: OUR_FAULT,
    OPENAI_INPUT_TOO_LONG: OUR_FAULT,
    OPENAI_NOT_FOUND: OUR_FAULT,
    OPENAI_OUT_OF_CREDIT: OUR_FAULT,
    OPENAI_RATE_LIMITED: OUR_FAULT,
    OPENAI_REJECTED: OUR_FAULT,
    OPENAI_TIMEOUT: OUR_FAULT,
    OPENAI_UNAUTHORIZED: OUR_FAULT,
    OPENAI_UNAVAILABLE: OUR_FAULT,
    OPENAI_UNREACHABLE: OUR_FAULT,
    PARSED_TEXT_MISSING: "Der Text des Dokuments ist nicht mehr vorhanden. Laden Sie das Dokument noch einmal hoch.",
    PARSE_CANCELLED: OUR_FAULT,
    PARSE_RESULT_GONE: OUR_FAULT,
    PARSE_TIMEOUT: OUR_FAULT,
    PDF_IS_BROKEN: DAMAGED,
    PDF_IS_PROTECTED:
      "Das Dokument ist durch ein Passwort geschützt. Speichern Sie eine Kopie ohne Passwort und laden Sie diese hoch.",
    SCANNER_UNAVAILABLE: OUR_FAULT,
    SHA256_MISMATCH: OTHER_CONTENT,
    SIZE_MISMATCH: OTHER_CONTENT,
    STORAGE_UNAVAILABLE: OUR_FAULT,
    TEXT_TOO_LONG: TOO_LARGE,
    TEXT_UNREADABLE:
      "Die Textdatei kann nicht gelesen werden. Speichern Sie sie mit der Kodierung UTF-8 und laden Sie sie noch einmal hoch.",
    TOO_MANY_PAGES: "Das Dokument hat zu viele Seiten. Teilen Sie es auf und laden Sie die Teile hoch.",
    TYPE_MISMATCH: WRONG_TYPE,
    UNPACKS_TOO_LARGE: TOO_LARGE,
    UNSUPPORTED_FILE_TYPE:
      "Dateien dieser Art können nicht gelesen werden. Speichern Sie die Datei als PDF und laden Sie dieses hoch.",
    WORKER_KILLED:
      "Das Dokument braucht zu viel Speicher, um verarbeitet zu werden. Speichern Sie es neu oder laden Sie es in kleineren Teilen hoch.",
    WORKER_LOST: OUR_FAULT,
  },
  waiting: {
    DAILY_PAGES_SPENT:
      "Für heute sind alle Seiten aufgebraucht, die Sie lesen lassen können. Ihr Dokument wird morgen von selbst weiterverarbeitet.",
    MONTHLY_BUDGET_SPENT:
      "Das Budget für diesen Monat ist aufgebraucht. Ihr Dokument wird im nächsten Monat von selbst weiterverarbeitet.",
    PARSER_AT_WORK: PARSING,
    WORKER_LOST: "Die Verarbeitung wurde unterbrochen und geht gleich von selbst weiter.",
    YOUR_OTHER_DOCUMENTS: [
      {
        one: "Dieses Dokument wird als nächstes Ihrer Dokumente verarbeitet.",
        other: "Dieses Dokument hat Platz {position} in der Reihe Ihrer Dokumente.",
      },
      "Dieses Dokument wartet auf Ihre anderen Dokumente und wird danach von selbst verarbeitet.",
    ],
  },
  statuses: {
    awaiting_upload: "Die Datei ist noch nicht angekommen.",
    uploaded: "Die Datei ist angekommen und wird geprüft.",
    parse_queued: PARSING,
    parsed: "Ihr Dokument wurde gelesen.",
    parse_validated: PREPARING,
    chunking: PREPARING,
    chunks_stored: PREPARING,
    embedding_queued: PREPARING,
    embedding_in_progress: PREPARING,
    embeddings_stored: PREPARING,
    complete: "Ihr Dokument kann durchsucht werden.",
    duplicate: "Sie haben dieses Dokument schon hochgeladen.",
    expired: "Die Datei ist nie angekommen. Laden Sie sie noch einmal hoch.",
    failed_parse: "Das Dokument konnte nicht gelesen werden.",
    failed_chunking: "Das Dokument konnte nicht für die Suche vorbereitet werden.",
    failed_embedding: "Das Dokument konnte nicht für die Suche vorbereitet werden.",
  },
  states: {
    queued: "Wartet",
    working: "In Arbeit",
    retryable: "Unterbrochen",
    done: "Fertig",
    deadletter: "Fehlgeschlagen",
  },
  warnings: {
    PAGES_CUT: [
      {
        one: "Seite {pages} hat mehr Text, als gelesen werden konnte. Der Rest wird bei der Suche nicht gefunden.",
        other:
          "Die Seiten {pages} haben mehr Text, als gelesen werden konnte. Der Rest wird bei der Suche nicht gefunden.",
      },
      "Einige Seiten haben mehr Text, als gelesen werden konnte. Der Rest wird bei der Suche nicht gefunden.",
    ],
    PAGES_EMPTY: [
      {
        one:
          "Auf Seite {pages} wurde kein Text gefunden. Wenn sie ein Scan ist, lassen Sie sie mit Texterkennung noch einmal lesen.",
        other:
          "Auf den Seiten {pages} wurde kein Text gefunden. Wenn es Scans sind, lassen Sie sie mit Texterkennung noch einmal lesen.",
      },
      "Auf einigen Seiten wurde kein Text gefunden. Wenn es Scans sind, lassen Sie sie mit Texterkennung noch einmal lesen.",
    ],
    PAGES_UNREAD: [
      {
        one: "Seite {pages} konnte nicht gelesen werden. Lassen Sie sie noch einmal lesen.",
        other: "Die Seiten {pages} konnten nicht gelesen werden. Lassen Sie sie noch einmal lesen.",
      },
      "Einige Seiten konnten nicht gelesen werden. Lassen Sie sie noch einmal lesen.",
    ],
  },
  notices: {
    COMMON_WORDS_ONLY: "Alle diese Wörter kommen in fast jedem Text vor. Fügen Sie ein genaueres Wort hinzu.",
    MIN_SIMILARITY_NOT_APPLIED: ONLY_WORDS,
    SPELLING_CORRECTED: [
      "„{word}“ kommt in keinem Ihrer Dokumente vor. Gezeigt werden Ergebnisse für „{takenFor}“.",
      "Die Schreibweise Ihrer Frage wurde berichtigt.",
    ],
    WEIGHTS_NOT_APPLIED: ONLY_WORDS,
    WORDS_LEFT_OUT: [
      {
        one: "Ihre Frage ist lang, sodass dieses Wort nicht gesucht wurde: {words}.",
        other: "Ihre Frage ist lang, sodass diese Wörter nicht gesucht wurden: {words}.",
      },
      "Ihre Frage ist lang, sodass einige ihrer Wörter nicht gesucht wurden.",
    ],
  },
  searchReasons: {
    BELOW_MIN_SCORE: "Die Stelle passt weniger gut zu Ihrer Frage, als die Ergebnisse es müssen.",
    BELOW_MIN_SIMILARITY: "Die Bedeutung der Stelle ist weiter von Ihrer Frage entfernt, als die Ergebnisse es dürfen.",
    DUPLICATE: "Eine andere Stelle hat denselben Text und wird stattdessen gezeigt.",
    EXCLUDED_WORD: "Die Stelle enthält ein Wort, das Sie ausgeschlossen haben.",
    FOUND: "Die Stelle ist unter diesen Ergebnissen.",
    MAX_PER_DOCUMENT: "Aus demselben Dokument werden schon genug bessere Stellen gezeigt.",
    NO_SUCH_CHUNK: "Diese Stelle gibt es nicht, oder ihr Dokument wurde gelöscht.",
    NO_WORD_FOUND: "Die Stelle enthält keines Ihrer Wörter.",
    OTHER_DOCUMENT: "Die Stelle steht in einem Dokument, das Sie nicht durchsuchen.",
    OTHER_PAGE: "Die Stelle steht weiter unten in den Ergebnissen.",
    OUTRANKED: "Andere Stellen passen besser zu Ihrer Frage.",
    PHRASE_MISSING: "Die Stelle enthält die Wörter in Anführungszeichen nicht so, wie Sie sie geschrieben haben.",
  },
  uploads: {
    waiting: "{filename} wartet darauf, hochgeladen zu werden.",
    hashing: "{filename} wird vorbereitet.",
    registering: "{filename} wird angemeldet.",
    sending: "{filename} wird hochgeladen: {percent} %.",
    paused: "{filename} ist bei {percent} % angehalten.",
    done: "{filename} wurde hochgeladen.",
    failed: "{filename} konnte nicht hochgeladen werden.",
    aborted: "Das Hochladen von {filename} wurde abgebrochen.",
  },
  uploadWaits: {
    turn: "{filename} wartet auf die Dateien davor.",
    network: "{filename} wartet auf die Internetverbindung und wird danach von selbst weiter hochgeladen.",
    same_file: "{filename} wartet, weil dieselbe Datei schon hochgeladen wird.",
    retry: "{filename} wurde unterbrochen und wird gleich von selbst weiter hochgeladen.",
  },
  general: {
    unknownError: [
      "Etwas ist schiefgegangen. Versuchen Sie es später noch einmal. Passiert es wieder, wenden Sie sich an den Support und nennen Sie diese Referenz: {reference} ({code})",
      "Etwas ist schiefgegangen. Versuchen Sie es später noch einmal. ({code})",
    ],
    unknownFailure: [
      "Das Dokument konnte nicht verarbeitet werden. Versuchen Sie es später noch einmal. Schlägt es wieder fehl, wenden Sie sich an den Support und nennen Sie diese Referenz: {reference} ({code})",
      "Das Dokument konnte nicht verarbeitet werden. Versuchen Sie es später noch einmal. ({code})",
    ],
    unknownWaiting: "Ihr Dokument wartet und wird von selbst weiterverarbeitet. ({code})",
    unknownStatus: "Ihr Dokument wird verarbeitet. ({code})",
    unknownState: "In Arbeit ({code})",
    unknownWarning: [
      "Auf den Seiten {pages} des Dokuments fehlt etwas. ({code})",
      "Im Dokument fehlt etwas. ({code})",
    ],
    unknownNotice: "Ihre Frage wurde anders gesucht, als Sie sie geschrieben haben. ({code})",
    unknownSearchReason: "Die Stelle ist nicht unter diesen Ergebnissen. ({code})",
    unknownUpload: "{filename} wird hochgeladen. ({code})",
    serviceAway:
      "Ein Dienst, der gebraucht wird, ist gerade nicht verfügbar. Ihr Dokument wird von selbst weiterverarbeitet, sobald er wieder da ist.",
    triedAgain: [
      "Die Verarbeitung wurde unterbrochen und geht {when} von selbst weiter.",
      "Die Verarbeitung wurde unterbrochen und geht gleich von selbst weiter.",
    ],
    reparseFailed:
      "Das Dokument konnte nicht noch einmal gelesen werden. Was vorher gelesen wurde, kann weiter durchsucht werden. {reason}",
    and: "und",
  },
};
