import type { Kind } from "../question.ts";

/** Debian's books by language. `zh` is Chinese in simplified characters. */
export const BOOKS = {
  en: "en",
  de: "de",
  fr: "fr",
  es: "es",
  it: "it",
  pt: "pt",
  ja: "ja",
  zh: "zh-cn",
};
export type BookLanguage = keyof typeof BOOKS;

/** Sections whose titles are questions; each book has them in its language. */
export const ASKED_BY_TITLE = [
  "_recovering_a_sane_console",
  "_filesystem_permissions",
  "_command_alias",
  "_package_activity_logs",
  "_good_password",
  "_the_hostname_resolution",
  "_finding_optimal_mtu",
  "_setting_up_ssh_agent",
  "_filename_encoding",
  "_hardware_identification",
  "_the_log_daemon",
  "_accessing_partition_using_uuid",
  "_making_the_empty_disk_image_file",
  "_backup_and_recovery_policy",
];

/** Questions about sections in the language of the book; a command alone would be found in any of them. */
export const QUESTIONS: {
  section: string;
  kind: Kind;
  queries: Partial<Record<BookLanguage, string>>;
}[] = [
  {
    section: "_disabling_beep_sounds",
    kind: "synonym",
    queries: {
      en: "how do I silence the annoying bleep of the terminal",
      de: "Wie schalte ich das nervige Piepsen aus?",
      fr: "comment couper le bip agaçant",
      es: "¿cómo quito el molesto pitido?",
      it: "come spengo il fastidioso bip",
      pt: "como desligar o apito irritante",
      ja: "うるさいビープ音を鳴らないようにしたい",
      zh: "怎么关掉烦人的蜂鸣声",
    },
  },
  {
    section: "_erasing_an_entire_hard_disk",
    kind: "synonym",
    queries: {
      en: "wipe everything from a drive before selling the computer",
      de: "Platte vor dem Verkauf des Rechners vollständig überschreiben",
      fr: "détruire toutes les données avant de vendre l'ordinateur",
      es: "destruir todos los datos antes de vender el ordenador",
      ja: "パソコンを売る前にディスクを完全に消したい",
      zh: "卖电脑之前彻底清除硬盘",
    },
  },
  {
    section: "_connecting_without_remote_passwords",
    kind: "inflected",
    queries: {
      en: "logging in over ssh without typing the password each time",
      de: "mit SSH anmelden, ohne jedes Mal das Passwort einzugeben",
      fr: "se connecter par ssh sans saisir les mots de passe",
      es: "conectarse por ssh sin escribir contraseñas",
      it: "collegarsi con ssh senza digitare le password",
      pt: "ligar por ssh sem escrever senhas",
      ja: "sshでパスワードを入力せずに接続したい",
      zh: "ssh登录时不输入密码",
    },
  },
  {
    section: "_eol_conversion",
    kind: "synonym",
    queries: {
      en: "text file made on Windows shows ^M everywhere",
      de: "Datei von Windows hat falsche Zeilenumbrüche",
      fr: "fichier venu de Windows avec de mauvais sauts de ligne",
      es: "fichero de Windows con saltos de línea equivocados",
      ja: "Windowsで作ったファイルの改行を直す",
      zh: "Windows文件换行符不对怎么转换",
    },
  },
  {
    section: "_emergency_downgrading",
    kind: "synonym",
    queries: {
      en: "go back to an older release because the new one is broken",
      de: "zurück zur älteren Version, weil die neue nicht läuft",
      fr: "revenir à une version plus ancienne après un échec",
      es: "volver a una versión anterior porque la nueva falla",
      ja: "新しい版が壊れたので古いバージョンに戻したい",
      zh: "新版本坏了,想退回旧版本",
    },
  },
  {
    section: "_scheduling_tasks_regularly",
    kind: "code",
    queries: {
      en: "crontab -e regularly",
      de: "crontab -e regelmäßig",
      fr: "crontab -e tâches régulières",
      es: "crontab -e tareas regulares",
      it: "crontab -e compiti regolari",
      pt: "crontab -e tarefas regulares",
      ja: "crontab -e 定期的",
      zh: "crontab -e 定期任务",
    },
  },
  {
    section: "_undeleting_deleted_but_still_open_files",
    kind: "inflected",
    queries: {
      en: "restoring a file I deleted while a program was opening it",
      de: "gelöschte Datei wiederherstellen, die ein Programm noch offen hat",
      fr: "récupérer un fichier effacé qu'un programme tient encore ouvert",
      es: "recuperar un archivo borrado que sigue abierto",
      ja: "削除したが開いているファイルの復元",
      zh: "恢复已经删除但还打开着的文件",
    },
  },
  {
    section: "_the_scheduling_priority",
    kind: "code",
    queries: {
      en: "nice renice priority",
      de: "nice renice Priorität",
      fr: "nice renice priorité",
      es: "nice renice prioridad",
      ja: "nice renice 優先度",
      zh: "nice renice 优先级",
    },
  },
  {
    section: "_memory_leak_detection_tools",
    kind: "code",
    queries: {
      en: "valgrind memory leak",
      de: "valgrind Speicherleck",
      fr: "valgrind fuite de mémoire",
      es: "valgrind fuga de memoria",
      ja: "valgrind メモリーリーク",
      zh: "valgrind 内存泄漏",
    },
  },
  {
    section: "_automatic_download_and_upgrade_of_packages",
    kind: "typo",
    queries: {
      en: "unatended upgrade automaticaly",
      de: "Pakete automatich herunterladen und aktualisiren",
      fr: "telechargment et mise a niveau automatiqe des paquets",
      es: "descraga y actualizacion automatica de paquetes",
      ja: "パケージの自動ダウンロド更新",
      zh: "软体包自动下栽和升级",
    },
  },
  {
    section: "_using_smart_to_predict_hard_disk_failure",
    kind: "synonym",
    queries: {
      en: "will my drive die soon",
      de: "Geht meine Festplatte bald kaputt?",
      fr: "mon disque va-t-il bientôt lâcher ?",
      es: "¿se va a estropear pronto mi disco?",
      ja: "ディスクがもうすぐ壊れるかどうか知りたい",
      zh: "硬盘是不是快坏了",
    },
  },
  {
    section: "_the_md5_sum",
    kind: "plain",
    queries: {
      en: "verify files against their MD5 checksums",
      de: "Datei mit ihrer MD5-Prüfsumme vergleichen",
      fr: "vérifier l'intégrité d'un fichier avec une somme md5",
      es: "comprobar la integridad de un archivo con la suma MD5",
      ja: "ファイルのMD5和を確認",
      zh: "检查文件的MD5校验和",
    },
  },
];
