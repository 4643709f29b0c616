/**
 * Words with much the same meaning, in English, German, French, Spanish, Japanese, Chinese and Arabic: one concept a
 * line, the languages in this order. Written by hand and coarse: what a lease, an operating manual, a ledger or a help
 * page is likely to contain. `~` marks words that occur in texts of any subject and so distinguish little.
 */
const LEXICON = `
price cost fee charge tariff expense | Preis Kosten Gebühr Entgelt Tarif Aufwand | prix coût frais tarif redevance | precio coste costo tarifa tasa cuota gasto | 料金 費用 価格 値段 手数料 | 费用 价格 收费 手续费 价钱 | سعر تكلفة رسوم تعرفة أجرة نفقات
pay payment remit settle | zahlen bezahlen Zahlung begleichen überweisen entrichten | payer paiement régler règlement verser versement | pagar pago abonar abono | 支払 支払い 払う 払い 納付 | 支付 付款 缴纳 缴费 | دفع سداد يدفع تسديد
invoice bill | Rechnung Faktura | facture facturation | factura facturación recibo | 請求書 請求 | 发票 账单 | فاتورة فواتير
refund reimburse reimbursement repay | erstatten Erstattung Rückerstattung rückzahlen Rückzahlung | rembourser remboursement | reembolso reembolsar devolución devolver reintegro | 返金 払戻し 払い戻し 返還 | 退款 退还 报销 | استرداد رد تعويض استرجاع
deposit bail | Kaution Anzahlung Mietsicherheit Pfand | caution acompte arrhes consigne | fianza depósito señal | 敷金 保証金 預り金 | 押金 定金 保证金 | تأمين عربون وديعة
rent lease rental | Miete Pacht Mietzins Vermietung | loyer bail location | alquiler renta arrendamiento | 家賃 賃料 賃貸 | 租金 房租 租赁 | إيجار أجرة تأجير
landlord lessor owner | Vermieter Eigentümer Hauseigentümer | bailleur propriétaire | arrendador propietario casero dueño | 大家 貸主 家主 所有者 | 房东 业主 出租人 | مؤجر مالك
tenant renter lessee occupant | Mieter Bewohner | locataire occupant | inquilino arrendatario | 借主 入居者 賃借人 | 租户 房客 承租人 | مستأجر ساكن
flat apartment dwelling home | Wohnung Appartement | appartement logement | piso apartamento vivienda | 部屋 住戸 住宅 マンション | 公寓 住房 住宅 | شقة مسكن
~ house building | Haus Gebäude | maison bâtiment immeuble | casa edificio inmueble | 建物 家屋 ビル | 房屋 建筑 楼房 大楼 | منزل مبنى بيت عمارة
key | Schlüssel | clé clef | llave | 鍵 かぎ キー 合鍵 | 钥匙 | مفتاح مفاتيح
cancel cancellation terminate termination revoke | kündigen Kündigung stornieren Stornierung Widerruf widerrufen | résilier résiliation annuler annulation | cancelar cancelación rescindir rescisión anular anulación | 解約 取消 キャンセル 取り消し | 取消 解约 终止 解除 | إلغاء فسخ إنهاء
contract agreement | Vertrag Vereinbarung | contrat accord convention | contrato acuerdo convenio | 契約 合意 | 合同 协议 | عقد اتفاق اتفاقية
deadline term period limit | Frist Termin Laufzeit Zeitraum | délai échéance terme période | plazo término vencimiento período | 期限 期間 締切 締め切り | 期限 截止 时限 期间 | مهلة موعد مدة أجل
~ notice notify notification inform announce | Mitteilung Benachrichtigung mitteilen benachrichtigen melden Meldung Anzeige | avis préavis notifier informer prévenir signaler | aviso avisar preaviso notificar notificación informar | 通知 届出 届け出 連絡 知らせる | 通知 告知 通报 | إشعار إخطار إبلاغ إعلام
~ day | Tag | jour journée | día jornada | 日間 日数 | 天数 日期 | يوم أيام
~ week | Woche | semaine | semana | 週間 毎週 | 星期 每周 | أسبوع أسابيع
~ month monthly | Monat monatlich | mois mensuel mensualité | meses mensual | ヶ月 か月 毎月 月額 | 个月 每月 月份 | شهر شهري أشهر
~ year annual yearly | Jahr jährlich | an année annuel | año anual | 年間 毎年 年次 | 年度 每年 | سنة سنوي عام سنوات
warranty guarantee | Garantie Gewährleistung | garantie | garantía | 保証 保証期間 | 保修 质保 保证 | ضمان كفالة
repair fix mend maintenance service overhaul | Reparatur reparieren Instandsetzung Wartung instandhalten Instandhaltung warten | réparer réparation entretien maintenance dépannage | reparar reparación arreglar arreglo mantenimiento | 修理 修繕 補修 保守 点検整備 | 维修 修理 保养 维护 修 | إصلاح صيانة تصليح ترميم
defect fault damage broken failure malfunction | Mangel Defekt Schaden Störung kaputt defekt beschädigt Beschädigung | défaut panne dommage dégât avarie défaillance cassé | defecto avería daño fallo roto desperfecto | 故障 不具合 破損 損傷 欠陥 損害 壊れ | 故障 损坏 缺陷 损害 坏 | عطل عيب ضرر تلف خلل أضرار أعطال
clean cleaning wash | reinigen Reinigung putzen säubern Säuberung waschen | nettoyer nettoyage laver propreté | limpiar limpieza lavar | 清掃 掃除 洗浄 | 清洁 清洗 打扫 | تنظيف غسل نظافة
inspect inspection check examine verify | prüfen Prüfung Kontrolle kontrollieren Inspektion überprüfen Überprüfung | inspecter inspection contrôler contrôle vérifier vérification | inspeccionar inspección revisar revisión comprobar control | 検査 点検 確認 検証 | 检查 检验 核对 检测 | فحص تفتيش مراجعة تحقق
replace replacement exchange swap substitute | ersetzen Ersatz austauschen Austausch wechseln Wechsel | remplacer remplacement échanger échange changer | sustituir sustitución reemplazar cambiar cambio recambio | 交換 取替 取り替え 代替 | 更换 替换 调换 | استبدال تبديل بديل
install installation mount assembly setup | installieren Installation montieren Montage Einbau aufstellen Aufstellung | installer installation monter montage | instalar instalación montar montaje | 設置 取付 取り付け インストール 導入 | 安装 装配 | تركيب تثبيت تنصيب
~ operate operation run use usage | bedienen Bedienung Betrieb betreiben benutzen Benutzung Nutzung | utiliser utilisation exploiter fonctionnement usage | operar operación uso utilizar funcionamiento manejo | 使用 利用 操作 運転 運用 | 使用 操作 运行 运转 | استخدام تشغيل استعمال
~ start begin launch commence | starten anfangen beginnen Beginn Anlauf anlassen | commencer début démarrer démarrage lancer | empezar comenzar inicio iniciar arrancar arranque | 開始 始動 起動 始め | 开始 启动 开机 | بدء بداية تشغيل انطلاق
~ stop end finish halt | anhalten stoppen Ende beenden aufhören | arrêter arrêt fin terminer cesser | parar detener fin terminar acabar | 停止 終了 終わり | 停止 结束 终止 | إيقاف نهاية توقف انتهاء
~ machine device appliance equipment unit | Maschine Gerät Anlage Apparat | machine appareil équipement dispositif | máquina aparato equipo dispositivo | 機械 装置 機器 設備 | 机器 设备 装置 | جهاز آلة معدات أجهزة
pump | Pumpe | pompe | bomba | ポンプ | 水泵 泵 | مضخة
motor engine | Motor Antrieb | moteur | motor | モーター エンジン 電動機 | 电机 发动机 马达 | محرك
filter strainer | Filter Sieb | filtre crépine | filtro tamiz | フィルター ろ過 | 滤网 过滤 滤芯 | مرشح فلتر مصفاة
water | Wasser | eau eaux | agua | 給水 上水 水道 水栓 | 用水 自来水 供水 | ماء مياه
heating heat warm | Heizung heizen Wärme warm | chauffage chauffer chaleur | calefacción calentar calor | 暖房 加熱 | 供暖 暖气 加热 | تدفئة تسخين حرارة
cooling cold chill cool refrigerate | Kühlung kühlen kalt Kälte Kühlschrank | refroidissement refroidir froid réfrigération | refrigeración enfriar frío | 冷却 冷蔵 冷房 | 冷却 制冷 冷藏 | تبريد برودة بارد
temperature | Temperatur | température | temperatura | 温度 気温 | 温度 | حرارة درجة
electricity power current mains | Strom Elektrizität elektrisch | électricité courant électrique | electricidad corriente eléctrico luz | 電気 電力 電源 | 电力 电源 用电 | كهرباء تيار كهربائي
fire blaze flame | Brand Feuer Flamme | incendie feu flamme | incendio fuego llama | 火災 火事 火気 | 火灾 着火 明火 | حريق نار
danger hazard risk peril | Gefahr Risiko gefährlich Gefährdung | danger risque péril dangereux | peligro riesgo peligroso | 危険 リスク | 危险 风险 | خطر مخاطر
safety security safe protection protect | Sicherheit sicher Schutz schützen | sécurité sûreté protection protéger | seguridad protección proteger | 安全 保護 防護 | 安全 保护 防护 | سلامة أمان حماية أمن
accident injury incident | Unfall Verletzung Vorfall | accident blessure incident | accidente lesión incidente | 事故 怪我 けが 負傷 | 事故 受伤 伤害 | حادث إصابة حوادث
emergency urgent | Notfall Notruf dringend eilig Notdienst | urgence urgent secours | emergencia urgencia urgente | 緊急 非常 救急 | 紧急 应急 急救 | طوارئ عاجل طارئ
doctor physician | Arzt Ärztin Mediziner | médecin docteur | médico doctor | 医師 医者 | 医生 大夫 医师 | طبيب أطباء
hospital clinic | Krankenhaus Klinik Spital | hôpital clinique | hospital clínica | 病院 医院 | 医院 诊所 | مستشفى عيادة
ill illness sick disease | krank Krankheit Erkrankung | malade maladie | enfermo enfermedad baja | 病気 疾病 病欠 | 生病 疾病 病假 | مرض مريض مرضي
medicine drug medication | Arznei Medikament Arzneimittel | médicament remède | medicamento medicina fármaco | 薬剤 医薬品 | 药物 药品 | دواء أدوية
employee worker staff personnel | Mitarbeiter Beschäftigter Arbeitnehmer Angestellte Personal Belegschaft | employé salarié personnel travailleur | empleado trabajador personal plantilla | 従業員 社員 職員 スタッフ | 员工 职工 雇员 人员 | موظف عامل عاملين موظفين
employer company firm business enterprise | Arbeitgeber Firma Unternehmen Betrieb | employeur entreprise société | empleador empresa compañía patrono | 会社 企業 雇用主 | 公司 企业 雇主 | شركة منشأة مؤسسة
salary wage pay remuneration | Gehalt Lohn Vergütung Bezahlung | salaire rémunération paie | salario sueldo remuneración | 給与 給料 賃金 | 工资 薪水 薪酬 | راتب أجر رواتب
~ work job labour task | Arbeit Aufgabe Tätigkeit | travail tâche emploi | trabajo tarea empleo labor | 作業 仕事 業務 勤務 | 工作 任务 作业 | عمل مهمة وظيفة أعمال
holiday vacation leave | Urlaub Ferien | congé vacances | vacaciones permiso | 休暇 有給 休業 | 休假 假期 年假 | إجازة عطلة إجازات
overtime | Überstunde Mehrarbeit | heure supplémentaire | horas extra extraordinarias | 残業 時間外 | 加班 | إضافي
travel journey trip | Reise Fahrt Dienstreise reisen | voyage déplacement trajet | viaje desplazamiento viajar | 旅行 出張 移動 | 旅行 出差 旅程 | سفر رحلة
train railway rail | Zug Bahn Eisenbahn | train ferroviaire chemin | tren ferrocarril | 電車 列車 鉄道 | 火车 列车 铁路 | قطار سكة
car vehicle automobile | Auto Fahrzeug Wagen PKW | voiture véhicule automobile bagnole auto | coche vehículo automóvil | 車両 自動車 | 汽车 车辆 | سيارة مركبة
bicycle bike cycle | Fahrrad Rad Velo | vélo bicyclette | bicicleta bici | 自転車 | 自行车 单车 | دراجة دراجات
parking park garage | Parkplatz parken Garage Stellplatz | stationnement parking garage | aparcamiento estacionamiento aparcar garaje | 駐車 駐車場 駐輪 | 停车 停车场 车库 | موقف مواقف
ticket fare pass | Fahrkarte Ticket Fahrschein | billet ticket titre | billete boleto entrada | 切符 乗車券 チケット | 车票 门票 票价 | تذكرة تذاكر
delivery deliver shipment ship dispatch supply | Lieferung liefern Versand zustellen Zustellung | livraison livrer expédition envoi | entrega entregar envío enviar suministro | 配送 納品 配達 出荷 発送 | 交货 配送 送货 发货 交付 | تسليم توصيل شحن توريد
~ order purchase buy acquire | Bestellung bestellen kaufen Kauf Auftrag | commande commander achat acheter | pedido pedir compra comprar encargo | 注文 購入 発注 買う | 订单 购买 订购 采购 | طلب شراء طلبية
sell sale vendor seller | verkaufen Verkauf Verkäufer | vendre vente vendeur | vender venta vendedor | 販売 売却 売る | 销售 出售 卖方 | بيع بائع مبيعات
customer client buyer | Kunde Käufer Auftraggeber | client acheteur clientèle | cliente comprador | 顧客 お客様 客様 | 客户 顾客 买方 | عميل زبون عملاء مشتري
supplier contractor provider | Lieferant Auftragnehmer Anbieter | fournisseur prestataire | proveedor contratista | 業者 仕入先 供給者 | 供应商 承包商 | مورد مقاول موردين
package parcel packaging | Paket Päckchen Verpackung | paquet colis emballage | paquete embalaje | 梱包 小包 荷物 包装 パッケージ | 包裹 包装 软件包 | طرد حزمة تغليف طرود
storage store warehouse depot stock | Lager lagern Lagerung aufbewahren Aufbewahrung | stockage stocker entrepôt dépôt | almacén almacenar almacenamiento depósito | 保管 倉庫 貯蔵 格納 | 仓库 储存 存放 库存 | تخزين مستودع مخزن حفظ
discard dispose disposal waste rubbish garbage trash | entsorgen Entsorgung Müll Abfall wegwerfen | jeter déchet élimination ordure poubelle | desechar eliminar residuo basura desecho | 廃棄 ごみ 処分 ゴミ 廃棄物 | 垃圾 丢弃 废弃 废物 处置 | نفايات قمامة تخلص مخلفات
tax duty levy | Steuer Abgabe Zoll | impôt taxe | impuesto tributo | 税金 消費税 課税 | 税费 税款 税收 | ضريبة ضرائب
insurance insure cover coverage policy | Versicherung versichern Versicherungsschutz | assurance assurer couverture | seguro asegurar póliza cobertura | 保険 補償 | 保险 投保 保单 | تأمين تغطية وثيقة
liability liable responsible responsibility | Haftung haften verantwortlich Verantwortung | responsabilité responsable | responsabilidad responsable | 責任 賠償責任 | 责任 负责 | مسؤولية مسؤول
compensation damages indemnity | Entschädigung Schadensersatz Ausgleich | indemnité indemnisation dédommagement | indemnización compensación | 補償 賠償 弁償 | 赔偿 补偿 | تعويض تعويضات
penalty fine sanction | Strafe Vertragsstrafe Bußgeld Geldstrafe | pénalité amende sanction | multa penalización sanción | 罰金 違約金 罰則 | 罚款 违约金 处罚 | غرامة عقوبة جزاء
late delay overdue arrears | verspätet Verspätung Verzug Verzögerung überfällig | retard tardif | retraso demora tarde mora atraso | 遅延 遅れ 滞納 延滞 | 延迟 逾期 迟到 拖欠 | تأخير تأخر متأخر
reminder dun | Mahnung Erinnerung mahnen | rappel relance | recordatorio requerimiento | 督促 催促 | 催缴 提醒 | تذكير إنذار
discount rebate reduction | Rabatt Ermäßigung Nachlass Skonto | remise rabais réduction | descuento rebaja reducción | 割引 値引き | 折扣 优惠 减价 | خصم تخفيض
interest | Zins Zinsen Verzugszinsen | intérêt | interés intereses | 利息 利子 | 利息 | فائدة فوائد
loan credit borrow lend | Darlehen Kredit leihen ausleihen Ausleihe | prêt crédit emprunter emprunt prêter | préstamo crédito prestar | 借入 融資 貸出 借りる 貸し出し | 贷款 借款 借阅 外借 | قرض إعارة استعارة
money cash currency funds | Geld Bargeld Währung Mittel | argent espèces monnaie fonds | dinero efectivo moneda fondos | 現金 資金 通貨 | 现金 货币 资金 钱 | مال نقد نقود أموال
bank account | Bank Konto Bankverbindung | banque compte | banco cuenta | 銀行 口座 | 银行 账户 账号 | بنك حساب مصرف
budget | Budget Haushalt Etat | budget | presupuesto | 予算 | 预算 | ميزانية موازنة
~ sum amount total | Summe Betrag Gesamtbetrag Höhe | somme montant total | suma importe cantidad total | 金額 総額 合計 | 金额 总额 合计 | مبلغ إجمالي مجموع
meeting assembly conference gathering | Versammlung Sitzung Besprechung Treffen | réunion assemblée séance | reunión asamblea junta | 会議 総会 集会 打合せ | 会议 大会 | اجتماع جمعية جلسة
vote ballot election resolution | Abstimmung abstimmen Stimme Wahl Beschluss | vote voter scrutin élection | voto votar votación elección | 投票 決議 選挙 | 投票 表决 选举 决议 | تصويت انتخاب قرار
member membership subscription | Mitglied Mitgliedschaft | membre adhérent adhésion | socio miembro afiliado | 会員 組合員 メンバー | 会员 成员 | عضو عضوية أعضاء اشتراك
club association society | Verein Verband Genossenschaft | association club | asociación club sociedad | 協会 団体 組合 | 协会 社团 | جمعية نادي رابطة
chair chairman president head director manager | Vorsitzender Vorstand Leiter Direktor Geschäftsführer | président directeur gérant responsable | presidente director gerente jefe | 理事長 代表 部長 責任者 管理者 | 主席 主任 经理 负责人 | رئيس مدير
application apply request petition | Antrag beantragen Anmeldung bewerben Gesuch | demande demander requête candidature | solicitud solicitar petición | 申請 申込 依頼 申し込み | 申请 请求 | طلب تقديم التماس
form sheet | Formular Vordruck Formblatt | formulaire imprimé | formulario impreso | 用紙 書式 様式 | 表格 表单 | نموذج استمارة
~ document paper record file | Dokument Unterlage Akte Datei | document dossier pièce fichier | documento archivo fichero expediente | 書類 文書 資料 ファイル | 文件 文档 资料 档案 | وثيقة مستند ملف وثائق
signature sign | Unterschrift unterschreiben unterzeichnen | signature signer | firma firmar | 署名 押印 サイン | 签名 签字 | توقيع
permission permit approval authorise consent allow licence | Genehmigung genehmigen Erlaubnis erlauben Zustimmung Einwilligung | autorisation autoriser permission permis accord | permiso autorización autorizar aprobación licencia | 許可 承認 同意 許諾 | 许可 批准 同意 授权 | إذن تصريح موافقة ترخيص
forbid prohibit ban prohibited | verbieten Verbot verboten untersagt | interdire interdiction interdit | prohibir prohibición prohibido | 禁止 | 禁止 严禁 | ممنوع حظر يحظر منع
~ rule regulation bylaw statute | Regel Vorschrift Ordnung Satzung Regelung | règle règlement statut | regla norma reglamento estatuto | 規則 規定 規程 ルール | 规定 规则 章程 | قاعدة لائحة قانون نظام
law legal act | Gesetz Recht rechtlich | loi droit légal | ley derecho legal | 法律 法令 | 法律 法规 | قانون قانوني
court tribunal judge | Gericht Richter | tribunal juge cour | tribunal juzgado juez | 裁判所 裁判 | 法院 法庭 | محكمة قاضي
complaint complain grievance | Beschwerde Reklamation beschweren reklamieren | réclamation plainte réclamer | reclamación queja reclamar | 苦情 クレーム | 投诉 申诉 | شكوى شكاوى
dispute conflict disagreement | Streit Konflikt Streitigkeit | litige conflit différend | disputa conflicto litigio | 紛争 争い | 争议 纠纷 | نزاع خلاف
privacy data personal | Datenschutz Daten personenbezogen | données confidentialité | datos privacidad | 個人情報 データ | 数据 隐私 个人信息 | بيانات خصوصية
delete erase remove removal | löschen Löschung entfernen | supprimer suppression effacer | borrar eliminar eliminación suprimir | 削除 消去 除去 | 删除 清除 移除 | حذف إزالة محو
~ keep retain retention preserve | aufbewahren behalten erhalten | conserver conservation garder | conservar conservación guardar | 保存 維持 保持 | 保留 保存 | حفظ احتفاظ
backup copy | Sicherung Datensicherung Kopie kopieren | sauvegarde copie copier | copia respaldo copiar | バックアップ 複製 コピー | 备份 复制 拷贝 | نسخ نسخة احتياطي
password passphrase | Passwort Kennwort | passe | contraseña clave | パスワード 暗証番号 | 密码 口令 | مرور سر
user | Benutzer Nutzer Anwender | utilisateur usager | usuario | ユーザー ユーザ 利用者 | 用户 使用者 | مستخدم مستخدمين
computer pc | Computer Rechner | ordinateur | ordenador computadora | コンピュータ コンピューター パソコン | 计算机 电脑 | حاسوب كمبيوتر
software program application | Software Programm Anwendung | logiciel programme application | software programa aplicación | ソフトウェア ソフト プログラム アプリ | 软件 程序 应用 | برنامج تطبيق برامج
network | Netzwerk Netz | réseau | redes | ネットワーク | 网络 | شبكة
internet web online | Internet Netz online | internet ligne | internet línea | インターネット | 互联网 上网 在线 | إنترنت
update upgrade | Aktualisierung aktualisieren Upgrade | mettre mise actualiser actualisation | actualizar actualización | 更新 アップグレード アップデート | 更新 升级 | تحديث ترقية
configure configuration setting | Konfiguration konfigurieren einstellen Einstellung | configurer configuration réglage | configurar configuración ajuste | 設定 構成 | 配置 设置 设定 | إعداد ضبط تهيئة
print printer | drucken Drucker Druck | imprimer imprimante impression | imprimir impresora impresión | 印刷 プリンター プリンタ | 打印 打印机 | طباعة طابعة
screen display monitor | Bildschirm Anzeige Monitor | écran affichage | pantalla monitor | 画面 ディスプレイ 表示 | 屏幕 显示 显示器 | شاشة عرض
error mistake wrong | Fehler falsch Irrtum | erreur faute | error fallo equivocación | エラー 誤り 間違い | 错误 差错 | خطأ أخطاء
~ search find seek locate | suchen Suche finden | chercher recherche trouver | buscar búsqueda encontrar | 検索 探す 見つけ | 搜索 查找 寻找 | بحث عثور
~ answer reply response | Antwort antworten | réponse répondre | respuesta responder contestar | 回答 返答 返事 | 回答 答复 回复 | رد جواب إجابة
~ question query inquiry | Frage Anfrage | question demande | pregunta consulta | 質問 問い合わせ | 问题 咨询 询问 | سؤال استفسار
telephone phone call | Telefon anrufen Anruf telefonisch | téléphone appel appeler | teléfono llamar llamada | 電話 | 电话 拨打 | هاتف اتصال
letter mail post email | Brief Post E-Mail schriftlich | lettre courrier courriel | carta correo | 手紙 郵便 郵送 メール | 信件 邮件 邮寄 | بريد رسالة
address | Anschrift Adresse | adresse | dirección domicilio | 住所 宛先 | 地址 | عنوان
~ name | Name Bezeichnung | nom | nombre | 氏名 名前 名称 | 姓名 名称 名字 | اسم
~ number code | Nummer Kennzahl Zahl | numéro nombre code | número código | 番号 | 号码 编号 | رقم رمز
photo picture image | Foto Bild Aufnahme | photo image | foto imagen | 写真 画像 | 照片 图片 | صورة
school education teaching | Schule Bildung Unterricht | école éducation enseignement | escuela educación colegio enseñanza | 学校 教育 授業 | 学校 教育 教学 | مدرسة تعليم
course training class lesson | Kurs Schulung Lehrgang Ausbildung Fortbildung | cours formation stage | curso formación clase capacitación | 講座 研修 講習 訓練 | 课程 培训 | دورة تدريب درس دورات
teacher instructor trainer | Lehrer Ausbilder Kursleiter | enseignant professeur formateur | profesor instructor maestro | 教師 講師 先生 | 老师 教师 讲师 | معلم مدرس مدرب
student pupil learner participant | Schüler Student Teilnehmer | élève étudiant participant | alumno estudiante participante | 学生 生徒 受講者 参加者 | 学生 学员 参加者 | طالب مشارك متدرب طلاب
exam test examination | Prüfung Test Klausur | examen épreuve test | examen prueba | 試験 テスト | 考试 测试 | امتحان اختبار
certificate attestation diploma | Bescheinigung Zeugnis Zertifikat Nachweis Attest | certificat attestation | certificado justificante | 証明書 証明 認定証 | 证书 证明 | شهادة إفادة
child children kid minor | Kind Kinder | enfant | niño hijo | 子供 子ども 児童 | 儿童 孩子 小孩 | طفل أطفال
animal pet dog cat | Tier Haustier Hund Katze | animal chien chat | animal mascota perro gato | 動物 ペット 犬猫 | 动物 宠物 | حيوان كلب حيوانات
food meal eat | Essen Mahlzeit Speise Lebensmittel Nahrung | repas nourriture aliment manger | comida alimento comer | 食事 食品 食べ物 食料 | 食物 餐食 用餐 食品 | طعام غذاء وجبة
drink beverage | Getränk trinken | boisson boire | bebida beber | 飲料 飲み物 | 饮料 喝水 | شراب مشروب
noise sound loud | Lärm Geräusch laut Krach Ruhestörung | bruit son | ruido sonido | 騒音 異音 | 噪音 声音 噪声 | ضوضاء صوت ضجيج
night | Nacht nachts Nachtruhe | nuit nocturne | noche nocturno | 夜間 深夜 | 夜间 夜里 晚上 | ليل ليلة مساء
morning | Morgen Vormittag morgens | matin matinée | mañana | 午前 | 上午 早上 早晨 | صباح
afternoon evening | Nachmittag Abend | après-midi soir soirée | tarde | 午後 夕方 | 下午 傍晚 | مساء ظهر
~ open opening | öffnen Öffnung offen geöffnet Öffnungszeiten | ouvrir ouverture ouvert | abrir apertura abierto | 開館 営業 開く | 开放 营业 打开 | فتح مفتوح افتتاح دوام
close closed shut | schließen Schließung geschlossen | fermer fermeture fermé | cerrar cierre cerrado | 閉館 休館 閉める | 关闭 闭馆 关门 | إغلاق مغلق
library book | Bibliothek Bücherei Buch | bibliothèque livre | biblioteca libro | 図書館 図書 書籍 | 图书馆 图书 书籍 | مكتبة كتاب كتب
museum exhibition gallery | Museum Ausstellung | musée exposition | museo exposición | 博物館 展示 美術館 | 博物馆 展览 | متحف معرض
visitor guest | Besucher Gast | visiteur invité hôte | visitante huésped invitado | 来館者 来客 訪問者 | 访客 来访者 客人 | زائر ضيف زوار
hotel accommodation lodging | Hotel Unterkunft Übernachtung | hôtel hébergement logement | hotel alojamiento hospedaje | 宿泊 ホテル 旅館 | 酒店 住宿 宾馆 | فندق إقامة سكن
reservation booking book reserve | Reservierung Buchung buchen reservieren | réservation réserver | reserva reservar | 予約 | 预订 预约 | حجز
loss lose lost missing | Verlust verlieren verloren | perte perdre perdu | pérdida perder perdido extravío | 紛失 遺失 失くし 無くし なくした なくす | 丢失 遗失 挂失 丢 | فقدان ضياع
theft steal stolen burglary | Diebstahl stehlen gestohlen Einbruch | vol voler cambriolage | robo hurto robar | 盗難 窃盗 | 盗窃 失窃 被盗 | سرقة
leak leakage drip seep | Leck undicht Leckage tropfen | fuite fuir | fuga gotera escape | 漏水 漏れ | 漏水 泄漏 渗漏 | تسرب تسريب
pipe tube hose | Rohr Leitung Schlauch | tuyau conduite canalisation | tubería tubo manguera | 配管 ホース | 管道 水管 软管 | أنبوب خرطوم أنابيب
valve tap | Ventil Hahn Absperrhahn | vanne robinet soupape | válvula grifo llave | 弁 バルブ 蛇口 | 阀门 水龙头 | صمام صنبور
pressure | Druck | pression | presión | 圧力 水圧 | 压力 水压 | ضغط
speed velocity | Geschwindigkeit Drehzahl | vitesse | velocidad | 速度 回転数 | 速度 转速 | سرعة
weight heavy mass load | Gewicht schwer Last Belastung | poids lourd charge | peso pesado carga | 重量 重さ 荷重 | 重量 负荷 载重 | وزن ثقل حمولة
~ size dimension length width height | Größe Maß Länge Breite Höhe | taille dimension longueur largeur hauteur | tamaño dimensión longitud anchura altura | 寸法 大きさ サイズ 高さ | 尺寸 大小 长度 高度 | حجم قياس طول ارتفاع
oil lubricant grease | Öl Schmierstoff Fett schmieren | huile graisse lubrifiant | aceite grasa lubricante | 潤滑油 オイル グリース | 润滑油 机油 | زيت تشحيم
battery accumulator | Batterie Akku | batterie pile accumulateur | batería pila | 電池 バッテリー | 电池 蓄电池 | بطارية
lamp light lighting bulb | Lampe Licht Beleuchtung | lampe lumière éclairage | lámpara luz iluminación | 照明 電灯 ランプ | 灯具 照明 灯光 | مصباح إضاءة
door gate entrance | Tür Tor Eingang | porte portail entrée | puerta portal entrada | 入口 玄関 扉 出入口 | 门口 入口 大门 | باب مدخل
window | Fenster | fenêtre | ventana | 窓口 窓 | 窗户 窗口 | نافذة
garden yard lawn | Garten Hof Rasen | jardin cour pelouse | jardín patio césped | 庭園 庭 | 花园 庭院 | حديقة
roof attic | Dach Dachboden | toit toiture grenier | tejado cubierta azotea | 屋根 屋上 | 屋顶 | سقف سطح
cellar basement | Keller | cave sous-sol | sótano | 地下室 地下 | 地下室 | قبو
lift elevator | Aufzug Fahrstuhl Lift | ascenseur | ascensor elevador | エレベーター 昇降機 | 电梯 | مصعد
stairs staircase stairway | Treppe Treppenhaus | escalier | escalera | 階段 | 楼梯 | درج سلم
kitchen | Küche | cuisine | cocina | 台所 厨房 キッチン | 厨房 | مطبخ
bathroom toilet shower | Bad Badezimmer Toilette Dusche | toilettes douche bain | baño aseo ducha | 浴室 トイレ 風呂 | 浴室 卫生间 厕所 | حمام مرحاض
winter frost ice snow | Winter Frost Eis Schnee | hiver gel glace neige | invierno helada hielo nieve | 冬季 凍結 雪 冬期 | 冬季 霜冻 冰雪 结冰 | شتاء صقيع ثلج
summer | Sommer | été | verano | 夏季 夏期 | 夏季 夏天 | صيف
weather storm rain | Wetter Sturm Regen Unwetter | météo tempête pluie | tiempo tormenta lluvia | 天候 天気 台風 荒天 | 天气 暴雨 台风 | طقس عاصفة مطر
sea ocean harbour port | Meer Hafen | mer port | mar puerto | 海上 港 港湾 | 海上 港口 | بحر ميناء
ship boat vessel ferry | Schiff Boot Fähre | bateau navire ferry | barco buque transbordador | 船舶 船 フェリー | 船只 船舶 渡轮 | سفينة قارب عبارة
airport flight plane aircraft | Flughafen Flug Flugzeug | aéroport vol avion | aeropuerto vuelo avión | 空港 航空 飛行機 | 机场 航班 飞机 | مطار طائرة
road street way | Straße Weg | route rue voie | carretera calle vía camino | 道路 通り | 道路 马路 街道 | طريق شارع
bridge | Brücke | pont | puente | 橋 | 桥梁 大桥 | جسر
city town municipality community | Stadt Gemeinde Kommune | ville commune municipalité | ciudad municipio ayuntamiento | 都市 市町村 自治体 | 城市 市政 社区 | مدينة بلدية
country state nation government | Land Staat Regierung | pays état gouvernement | país estado gobierno | 国家 政府 | 国家 政府 | دولة حكومة بلد
office authority agency department | Amt Behörde Büro Abteilung Dienststelle | bureau service administration | oficina autoridad departamento | 役所 事務所 窓口 部署 | 办公室 机关 部门 | مكتب إدارة قسم جهة
environment nature | Umwelt Natur | environnement nature | medioambiente naturaleza | 環境 自然 | 环境 自然 | بيئة طبيعة
energy | Energie | énergie | energía | エネルギー | 能源 能量 | طاقة
gas | Gas | gaz | gas | ガス | 燃气 煤气 | غاز
air ventilation | Luft Lüftung Belüftung lüften | air ventilation aération | aire ventilación | 換気 空気 | 通风 空气 | هواء تهوية
meter measure measurement gauge | messen Messung Zähler Messgerät | mesurer mesure compteur | medir medición contador medida | 測定 計測 メーター 検針 | 测量 仪表 计量 | قياس عداد
quality | Qualität Güte | qualité | calidad | 品質 | 质量 品质 | جودة
~ new | neu | nouveau neuf | nuevo | 新規 新品 | 全新 新的 | جديد
~ old aged | alt | ancien vieux | viejo antiguo | 中古 古い | 旧的 老旧 | قديم
~ increase raise rise | Erhöhung erhöhen steigern Anstieg | augmentation augmenter hausse | aumento aumentar subida incremento | 増加 値上げ 増額 | 增加 上涨 提高 | زيادة رفع ارتفاع
~ decrease lower reduce | senken verringern Senkung Minderung mindern | diminuer baisse réduire | disminuir bajar reducir reducción | 減少 減額 値下げ | 减少 降低 | خفض تقليل انخفاض
~ before prior advance | vorher vorab voraus | avant avance préalable | antes antelación previo | 事前 前もって | 事先 提前 之前 | قبل مسبق
~ after afterwards | nachher danach | après ensuite | después | 事後 以降 | 之后 以后 | بعد
~ maximum most upper | höchstens maximal Höchst | maximum maximal plafond | máximo | 最大 上限 最高 | 最大 上限 最高 | أقصى حد
~ minimum least | mindestens minimal Mindest | minimum minimal | mínimo | 最小 下限 最低 | 最小 最低 | أدنى
~ help assistance support aid | Hilfe Unterstützung helfen | aide assistance soutien | ayuda asistencia apoyo | 支援 援助 サポート | 帮助 协助 支持 | مساعدة دعم
research study investigation | Forschung Studie Untersuchung | recherche étude enquête | investigación estudio | 研究 調査 | 研究 调查 | بحث دراسة تحقيق
result outcome finding | Ergebnis Resultat Befund | résultat | resultado | 結果 成果 | 结果 成果 | نتيجة نتائج
sample specimen | Probe Muster Stichprobe | échantillon | muestra | 試料 検体 標本 | 样品 样本 | عينة عينات
laboratory lab | Labor Laboratorium | laboratoire | laboratorio | 実験室 研究室 | 实验室 | مختبر
plant crop farming agriculture | Pflanze Anbau Landwirtschaft | plante culture agriculture | planta cultivo agricultura | 植物 栽培 農業 | 植物 种植 农业 | نبات زراعة محصول
seed sow | Saatgut Samen säen | semence graine semer | semilla sembrar | 種子 種まき | 种子 播种 | بذور بذر
harvest | Ernte ernten | récolte récolter vendange | cosecha vendimia cosechar | 収穫 | 收获 收割 采收 | حصاد قطف
irrigation watering | Bewässerung bewässern gießen | irrigation arrosage arroser | riego regar | 灌漑 水やり | 灌溉 浇水 | ري سقي
disease pest infestation | Schädling Befall | parasite ravageur | plaga parásito | 害虫 病害 | 病虫害 害虫 | آفة آفات
~ time hour clock | Zeit Stunde Uhr Uhrzeit | temps heure horaire | hora tiempo horario | 時間 時刻 | 时间 小时 钟点 | وقت ساعة ساعات
weekend sunday | Wochenende Sonntag | dimanche | domingo | 週末 日曜 | 周末 周日 | أحد نهاية
translate translation interpreter language | übersetzen Übersetzung Sprache | traduire traduction langue | traducir traducción idioma lengua | 翻訳 言語 通訳 | 翻译 语言 | ترجمة لغة
stranger foreigner foreign abroad | Ausland Ausländer ausländisch | étranger | extranjero exterior | 海外 外国 | 国外 外国 海外 | أجنبي خارج
identity passport card | Ausweis Pass Personalausweis | identité passeport carte | identidad pasaporte carné tarjeta | 身分証 旅券 カード | 身份证 护照 证件 卡 | هوية جواز بطاقة
~ process procedure step method | Verfahren Ablauf Vorgehen Schritt | procédure processus étape méthode | procedimiento proceso paso método | 手順 手続き 方法 工程 | 程序 流程 步骤 方法 | إجراء خطوة طريقة إجراءات
arrive arrival | ankommen Ankunft | arriver arrivée | llegar llegada | 到着 | 到达 抵达 | وصول
depart departure leave | abfahren Abfahrt Abreise | partir départ | salir salida partida | 出発 退去 | 出发 离开 | مغادرة
move relocation | Umzug umziehen ausziehen Auszug einziehen Einzug | déménager déménagement | mudanza mudarse | 引越 引っ越し 転居 | 搬家 搬迁 迁出 | انتقال نقل
colour paint | Farbe streichen Anstrich | couleur peinture peindre | color pintura pintar | 塗装 色 塗料 | 颜色 油漆 粉刷 | لون دهان طلاء
wall | Wand Mauer | mur paroi | pared muro | 壁 壁面 | 墙壁 墙面 | جدار حائط
material substance | Material Stoff Werkstoff | matériau matière | material materia | 材料 素材 | 材料 物质 | مادة مواد
chemical acid solvent poison toxic | Chemikalie Säure Lösungsmittel Gift giftig | chimique acide solvant toxique poison | químico ácido disolvente tóxico veneno | 薬品 溶剤 有毒 酸 | 化学 溶剂 有毒 酸性 | كيميائي مذيب سام حمض
glove goggles protective | Handschuh Schutzbrille Schutzkleidung | gant lunettes | guante gafas | 手袋 保護具 | 手套 护目镜 | قفاز نظارة قفازات
alarm alert siren | Alarm Sirene Warnung warnen | alarme alerte avertissement | alarma alerta advertencia | 警報 警告 アラーム | 警报 警告 报警 | إنذار تحذير تنبيه
exit evacuation escape evacuate | Ausgang Fluchtweg Evakuierung räumen Räumung | sortie évacuation évacuer issue | salida evacuación evacuar | 避難 出口 非常口 | 疏散 出口 逃生 | إخلاء مخرج
police cop cops | Polizei | police | policía | 警察 | 警察 公安 | شرطة
thank gratitude gift donation donate | Spende spenden Geschenk | donner cadeau | donación donar regalo | 寄付 寄贈 贈り物 | 捐赠 礼物 捐款 | تبرع هدية
volunteer honorary | ehrenamtlich Freiwilliger Ehrenamt | bénévole volontaire | voluntario | ボランティア 奉仕 | 志愿者 义工 | متطوع تطوع
burn burning blaze ignite | brennen brennt verbrennen anzünden | brûler combustion allumer | quemar arder prender | 燃える 燃焼 着火 | 燃烧 点燃 | احتراق اشتعال
skin | Haut | peau | piel | 皮膚 肌 | 皮肤 | جلد بشرة
eye | Auge | oeil yeux | ojo | 目に 眼 | 眼睛 | عين عيون
~ hand finger | Hand Finger | main doigt | mano dedo | 手指 | 手指 用手 | يد أصابع
foot shoe boot | Fuß Schuh Stiefel | pied chaussure botte | pie zapato bota | 靴 足 | 鞋 脚 | حذاء قدم
clothes clothing garment coat | Kleidung Kleid Jacke Mantel | vêtement habit manteau | ropa vestido abrigo | 服装 衣服 | 服装 衣服 | ملابس ثياب
swim swimming pool bathe | schwimmen Schwimmbad baden Becken | nager piscine baignade baigner | nadar piscina bañarse | 水泳 プール 泳ぐ | 游泳 泳池 | سباحة مسبح
birth pregnant pregnancy maternity mother | Geburt schwanger Mutterschaft Mutter | naissance grossesse maternité mère | nacimiento embarazo maternidad madre | 出産 妊娠 産休 母親 | 分娩 怀孕 产假 母亲 | ولادة حمل أمومة حوامل الوضع
father paternity | Vater Elternzeit | père paternité | padre paternidad | 父親 育児 | 父亲 陪产 | أب أبوة
family relative parent spouse | Familie Angehörige Eltern Ehe | famille parent conjoint | familia pariente cónyuge padres | 家族 親族 | 家庭 亲属 家属 | عائلة أسرة زوج أقارب
death die deceased | Tod sterben stirbt verstorben | mort décès mourir | muerte morir fallecer | 死亡 亡くなる | 死亡 去世 | وفاة موت
heir inherit estate | Erbe erben Nachlass | héritier héritage hériter | heredero herencia | 相続 遺産 | 继承 遗产 | وارث ميراث
wedding marriage marry | Hochzeit Heirat heiraten | mariage épouser | boda matrimonio casarse | 結婚 婚姻 | 结婚 婚礼 | زواج زفاف
friend | Freund | ami | amigo | 友人 友達 | 朋友 | صديق أصدقاء
neighbour neighbor | Nachbar | voisin voisinage | vecino | 近隣 隣人 | 邻居 | جار جيران
tourist sightseeing | Tourist Feriengast Urlauber | touriste vacancier | turista veraneante | 観光 観光客 | 游客 旅游 | سائح سياح
overnight sleep bed | Übernachtung übernachten schlafen Bett | nuitée dormir coucher lit | pernoctar dormir cama | 泊まる 泊め 宿泊 何泊 寝具 | 过夜 睡觉 床位 | مبيت نوم سرير تنويم
submit lodge hand hands | einreichen eingereicht abgeben vorlegen | remettre déposer soumettre | presentar entregar | 提出 届け | 提交 递交 | تسليم يقدم تقدم
receipt voucher proof | Beleg Quittung Kassenbon Nachweis | reçu justificatif quittance | recibo justificante comprobante | 領収書 レシート | 收据 凭证 发票 | إيصال فاتورة سند
appeal objection object contest challenge | Einspruch Widerspruch anfechten Beschwerde | recours contester opposition | recurso recurrir impugnar | 不服 異議 申立て 抗議 納得 | 申诉 异议 不服 | اعتراض تظلم طعن
expel expulsion exclude ban bar | ausschließen Ausschluss Hausverbot | exclure exclusion expulsion | expulsar expulsión excluir | 除名 追放 出入り禁止 | 开除 驱逐 禁入 | فصل طرد استبعاد
resign resignation quit dismissal dismiss | kündigen entlassen Entlassung Kündigung | démission licenciement démissionner | dimitir dimisión despido | 退職 辞める 辞職 解雇 | 辞职 离职 解雇 | استقالة فصل أستقيل
retire retirement pension | Rente Ruhestand Pension | retraite pension | jubilación pensión | 定年 年金 | 退休 养老金 | تقاعد معاش
remote telework homeoffice home | Homeoffice mobil Telearbeit Hause | télétravail distance domicile | teletrabajo remoto casa | 在宅 テレワーク リモート | 远程 居家 | منزل بعد
smoke smoking tobacco cigarette | rauchen Tabak Zigarette Raucher | fumer tabac cigarette | fumar tabaco cigarrillo | 喫煙 タバコ たばこ 煙草 | 吸烟 抽烟 香烟 | تدخين سجائر تبغ
smoke steam fume vapour | Rauch Dampf Qualm | fumée vapeur | humo vapor | 蒸気 煙 | 烟雾 蒸汽 | دخان بخار
alcohol beer wine drunk | Alkohol Bier Wein | alcool bière vin | alcohol cerveza vino | 飲酒 アルコール ビール | 饮酒 酒精 喝酒 | كحول خمر
break pause rest | Pause Rast ausruhen | pause repos | descanso pausa | 休憩 休み 休館 休業 | 休息 午休 | راحة استراحة
shift rota duty | Schicht Dienst Schichtdienst | équipe poste service | turno guardia | 交代 当番 輪番 | 轮班 值班 | مناوبة نوبة
bonus allowance subsidy supplement surcharge | Zuschlag Zulage Zuschuss Prämie | prime indemnité majoration allocation | plus prima subsidio recargo dieta | 手当 補助 割増 | 津贴 补贴 奖金 | بدل علاوة مكافأة
instalment rate partial | Rate Teilzahlung Abschlag | mensualité versement échelonnement | plazo fracción mensualidad | 分割 割賦 | 分期 | قسط أقساط
debt owe debtor | Schuld schulden Schuldner Forderung | dette devoir débiteur | deuda deber deudor moroso | 債務 借金 未払い | 债务 欠款 欠费 | دين مديون
owner property possession | Besitz Eigentum Vermögen | propriété bien possession | propiedad bienes finca | 所有 財産 | 财产 所有 | ملكية ممتلكات
neighbourhood area district zone | Bezirk Gebiet Bereich Viertel | quartier zone secteur | barrio zona distrito | 地域 区域 | 区域 地区 | منطقة حي
~ room chamber | Zimmer Raum Kammer | chambre pièce salle | habitación cuarto sala | 部屋 室内 寮 | 房间 室内 | غرفة حجرة
furniture chair table | Möbel Stuhl Tisch | meuble chaise table mobilier | mueble silla mesa | 家具 机 椅子 | 家具 桌子 椅子 | أثاث كرسي طاولة
balcony terrace | Balkon Terrasse | balcon terrasse | balcón terraza | ベランダ バルコニー | 阳台 露台 | شرفة
grill barbecue charcoal coal | grillen Grill Holzkohle Kohle | barbecue grillade charbon | barbacoa parrilla carbón | バーベキュー 炭 | 烧烤 木炭 | شواء فحم
laundry washing dryer | Wäsche Waschmaschine Waschküche Trockner | linge lessive laverie sèche | lavandería colada lavadora | 洗濯 洗濯機 | 洗衣 洗衣机 | غسيل غسالة
mould damp humidity moisture | Schimmel Feuchtigkeit feucht | moisissure humidité | moho humedad | 湿度 かび カビ 湿気 | 湿度 潮湿 发霉 | رطوبة عفن
heater radiator boiler stove | Heizkörper Heizung Kessel Ofen | radiateur chaudière poêle | radiador caldera estufa | ストーブ ボイラー 暖房 | 锅炉 炉子 暖气片 | سخان مدفأة مرجل
furnace oven kiln | Ofen Brennofen | four fourneau | horno | 炉 窯 | 高温炉 炉门 | فرن
drain sewer sink gutter | Abfluss Kanal Ausguss Spüle | égout évier vidange caniveau | desagüe alcantarilla fregadero | 排水 下水 流し | 下水道 排水 水槽 | صرف مجاري حوض
flood overflow inundate | Überschwemmung Hochwasser überlaufen | inondation déborder | inundar inundación | 洪水 浸水 溢れ | 洪水 淹没 溢出 | فيضان غرق
earthquake tsunami disaster | Erdbeben Katastrophe Flutwelle | séisme tremblement catastrophe tsunami | terremoto sismo catástrofe | 地震 津波 災害 | 地震 海啸 灾害 | زلزال كارثة
drought dry | Dürre trocken Trockenheit | sécheresse sec | sequía seco | 乾燥 干ばつ 渇水 | 干旱 干燥 | جفاف جاف
explosion explosive burst | Explosion explodieren platzen | explosion éclater exploser | explosión reventar estallar | 爆発 破裂 | 爆炸 破裂 | انفجار
wire cable cord | Kabel Draht Schnur | câble fil cordon | cable hilo | 電線 ケーブル コード | 电线 电缆 | سلك كابل
socket plug outlet | Steckdose Stecker | prise fiche | enchufe toma | コンセント プラグ | 插座 插头 | مقبس قابس
switch button lever | Schalter Knopf Taste Hebel | interrupteur bouton levier | interruptor botón palanca | スイッチ ボタン | 开关 按钮 | مفتاح زر
charge charging recharge | laden aufladen Ladestation | recharge recharger borne | cargar recarga | 充電 | 充电 | شحن
shock electrocution | Stromschlag | électrocution | electrocución calambre | 感電 | 触电 电击 | صعق
rescue save resuscitation | retten Rettung Wiederbelebung | sauver secours sauvetage réanimation | rescatar rescate salvar salvamento | 救助 救命 救急 | 急救 救援 抢救 心肺复苏 | إنقاذ إسعاف
wheel tyre tire | Rad Reifen | roue pneu | rueda neumático | 車輪 タイヤ | 车轮 轮胎 | عجلة إطار
tool drill hammer | Werkzeug Bohrer Hammer bohren | outil perceuse marteau | herramienta taladro martillo | 工具 道具 ドリル | 工具 钻头 锤子 | أداة مثقاب مطرقة
wood timber | Holz | bois | madera | 木材 木製 | 木材 木头 | خشب
metal iron steel | Metall Eisen Stahl | métal fer acier | metal hierro acero | 金属 鉄 鋼 | 金属 钢铁 | معدن حديد فولاذ
glass bottle | Glas Flasche | verre bouteille | vidrio botella cristal | ガラス 瓶 | 玻璃 瓶子 | زجاج زجاجة
plastic bag sack | Plastik Tüte Sack Beutel | plastique sac sachet | plástico bolsa saco | 袋 ビニール | 塑料 袋子 | كيس بلاستيك
liquid fluid solution | Flüssigkeit flüssig Lösung | liquide fluide solution | líquido fluido solución | 液体 溶液 | 液体 溶液 废液 | سائل محلول
dust powder | Staub Pulver | poussière poudre | polvo | 粉末 ほこり 粉じん | 粉末 灰尘 | غبار مسحوق
luggage baggage suitcase | Gepäck Koffer | bagage valise | equipaje maleta | 荷物 手荷物 | 行李 | أمتعة حقيبة
locker cupboard shelf | Schrank Spind Regal | armoire casier placard étagère | armario taquilla estante | 戸棚 ロッカー 棚 | 柜子 储物柜 架子 | خزانة رف خزائن
music song instrument | Musik Lied Instrument | musique chanson instrument | música canción instrumento | 音楽 楽器 演奏 | 音乐 乐器 | موسيقى آلة
film movie video television broadcast | Film Fernsehen Rundfunk Sendung | film télévision diffusion | película televisión emisión | 映画 テレビ 放送 | 电影 电视 播放 | فيلم تلفاز بث
party celebration feast | Feier Fest Party feiern | fête célébration | fiesta celebración | 祭り 宴会 | 聚会 庆祝 | حفل احتفال
sport game play | Sport Spiel spielen | sport jeu jouer | deporte juego jugar | 運動 試合 遊び | 体育 游戏 | رياضة لعب
silence quiet still | Ruhe leise still Stille | silence calme tranquille | silencio callado tranquilo | 静か 静粛 | 安静 静音 | هدوء صمت سكون
mute beep bleep | stumm piepen Piepton Piepsen | bip muet sonnerie | pitido silenciar | ビープ 消音 鳴ら | 蜂鸣 静音 | صفير كتم
disk drive hard | Festplatte Laufwerk Datenträger Platte | disque | disco | ディスク ドライブ | 磁盘 硬盘 | قرص
partition volume | Partition | partition | partición | パーティション 区画 | 分区 | تقسيم
terminal console shell | Konsole Terminal | console terminal | consola terminal | 端末 コンソール ターミナル シェル | 终端 控制台 | طرفية
journal log logs record | Protokoll protokollieren aufzeichnen Aufzeichnung | journal enregistrer enregistrement | registro registrar bitácora | ログ 記録 記録計 | 日志 记录 | سجل تسجيل
memory leak | Speicher Speicherleck | mémoire | memoria | メモリー メモリ | 内存 | ذاكرة
kernel | Kernel | noyau | núcleo | カーネル | 内核 | نواة
version release edition | Version Fassung Ausgabe | version édition | versión edición | バージョン 版 | 版本 | إصدار نسخة
downgrade rollback revert older | Herabstufung zurückkehren zurück älter | rétrograder retour revenir arrière | degradar volver retroceder anterior | ダウングレード 戻す 戻し | 降级 回退 退回 | تراجع
encrypt encryption cipher | Verschlüsselung verschlüsseln verschlüsselt | chiffrement chiffrer chiffré | cifrado cifrar encriptar | 暗号 暗号化 | 加密 | تشفير
checksum integrity hash | Prüfsumme Integrität unverändert | intégrité somme contrôle | integridad suma | 整合性 完全性 | 校验 完整性 | سلامة
directory folder | Verzeichnis Ordner | répertoire dossier | directorio carpeta | ディレクトリー ディレクトリ フォルダ | 目录 文件夹 | مجلد
command instruction | Befehl Anweisung Kommando | commande instruction | orden comando instrucción | コマンド 命令 | 命令 指令 | أمر تعليمات
login logon authenticate connect connection | anmelden Anmeldung verbinden Verbindung | connexion connecter authentification identifier | conexión conectar iniciar autenticación sesión | ログイン 接続 認証 | 登录 连接 认证 | دخول اتصال
character encoding charset | Zeichen Zeichensatz Kodierung Kodierung | caractère codage encodage | carácter codificación | 文字 エンコーディング 符号化 | 字符 编码 | حرف ترميز
convert conversion transform | umwandeln Umwandlung konvertieren Konvertierung | convertir conversion | convertir conversión | 変換 | 转换 | تحويل
newline line break | Zeilenumbruch Zeilenende Zeile | ligne saut fin | línea salto | 改行 行末 | 换行 行尾 | سطر
recover restore retrieve undelete | wiederherstellen Wiederherstellung zurückholen | récupérer récupération restaurer | recuperar recuperación restaurar | 復元 復旧 回復 | 恢复 找回 还原 | استعادة استرجاع
priority urgency nice | Priorität Vorrang | priorité | prioridad | 優先 優先度 | 优先级 优先 | أولوية
schedule timetable plan regular regularly | Zeitplan planen regelmäßig Plan | planifier programmer horaire régulièrement | programar planificar regularmente calendario | 予定 定期 スケジュール 計画 | 计划 定期 安排 | جدول خطة منتظم
automatic automatically unattended | automatisch selbsttätig | automatique automatiquement | automático automáticamente | 自動 | 自动 | تلقائي آلي
predict forecast soon expect | Vorhersage vorhersagen bald erwarten | prévoir prédire prévision bientôt | predecir prever pronto | 予測 もうすぐ 予想 | 预测 快要 预计 | توقع قريبا
bandwidth traffic download | Bandbreite herunterladen Download | débit télécharger téléchargement | descarga descargar ancho | ダウンロード 帯域 | 下载 带宽 | تنزيل تحميل
monday | Montag | lundi | lunes | 月曜日 月曜 | 星期一 周一 | الاثنين
tuesday | Dienstag | mardi | martes | 火曜日 火曜 | 星期二 周二 | الثلاثاء
wednesday | Mittwoch | mercredi | miércoles | 水曜日 水曜 | 星期三 周三 | الأربعاء
thursday | Donnerstag | jeudi | jueves | 木曜日 木曜 | 星期四 周四 | الخميس
friday | Freitag | vendredi | viernes | 金曜日 金曜 | 星期五 周五 | الجمعة
saturday | Samstag | samedi | sábado | 土曜日 土曜 | 星期六 周六 | السبت
dog hound | Hund | chien | perro | 犬 | 狗 | كلب
cat | Katze | chat | gato | 猫 | 猫 | قطة
tooth dental dentist teeth | Zahn Zahnarzt | dent dentiste dentaire | diente dentista dental | 歯科 歯 | 牙齿 牙科 | أسنان
glasses spectacles lens | Brille Linse | lunettes lentille | gafas lentes | 眼鏡 メガネ | 眼镜 镜片 | نظارة عدسة
surgery operation treatment therapy | Behandlung Therapie Operation | traitement soin chirurgie | tratamiento cirugía cura | 治療 手術 | 治疗 手术 | علاج جراحة
vaccine vaccination | Impfung impfen | vaccin vaccination | vacuna | 予防接種 ワクチン | 疫苗 接种 | لقاح تطعيم
secret confidential | geheim vertraulich Geheimnis | secret confidentiel | secreto confidencial | 秘密 機密 | 保密 机密 秘密 | سر سري
publish publication author paper | veröffentlichen Veröffentlichung Autor | publier publication auteur | publicar publicación autor | 公表 出版 著者 論文 | 发表 出版 作者 论文 | نشر مؤلف
witness testimony | Zeuge Aussage | témoin témoignage | testigo testimonio | 証人 証言 | 证人 作证 | شاهد شهادة
mediator arbitration conciliation | Schlichtung Vermittler Einigungsstelle Ausschuss | médiateur conciliation arbitrage | mediador arbitraje conciliación | 調停 仲裁 裁定 | 调解 仲裁 | وساطة تحكيم
committee board council commission | Ausschuss Rat Beirat Gremium | comité conseil commission | comité junta consejo comisión | 委員会 理事会 | 委员会 理事会 | لجنة مجلس
delegate proxy representative | Vertreter Vollmacht vertreten | mandataire procuration représentant pouvoir | delegar representante poder | 代理 委任 代理人 | 代理 委托 代表 | وكيل تفويض
`;

export interface Concept {
  /** In all of its languages. */
  words: string[];
  /** Whether texts of any subject have it. */
  isEveryday: boolean;
}

export const CONCEPTS: Concept[] = LEXICON.trim().split("\n").map((line) => ({
  words: line.split(/[~|\s]+/).filter(Boolean),
  isEveryday: line.startsWith("~"),
}));
