/** One piece of a document, in reading order. */
export type Block =
  | { kind: "heading"; level: 1 | 2; text: string }
  | { kind: "paragraph"; text: string }
  | { kind: "bullets"; items: string[] }
  | {
    kind: "table";
    caption: string;
    /** Shares of the page's width, one a column. */
    widths: number[];
    header: string[];
    rows: string[][];
  }
  | { kind: "page_break" };

const heading = (level: 1 | 2, text: string): Block => ({
  kind: "heading",
  level,
  text,
});
const paragraph = (text: string): Block => ({ kind: "paragraph", text });
const bullets = (...items: string[]): Block => ({ kind: "bullets", items });

/** The demo's document: the handbook of a library that does not exist. */
export const HANDBOOK: {
  title: string;
  subtitle: string;
  introduction: string;
  blocks: Block[];
} = {
  title: "Harbour Library",
  subtitle: "Member Handbook",
  introduction:
    "What every member should know: how to join, what may be borrowed and for how long, what things cost, and whom to ask when something goes wrong.",
  blocks: [
    heading(1, "1. Joining the library"),
    paragraph(
      "The library is open to everyone who lives, works or studies in the harbour district. Joining takes about ten minutes at the front desk, and the new card works on the same day. A card is personal: lend your books to a friend if you like, but not your card.",
    ),
    heading(2, "1.1 What to bring"),
    bullets(
      "A photo identity document.",
      "Proof of your address, no older than three months.",
      "For members under 16, the signature of a parent or guardian.",
      "For students, a valid certificate of enrolment; without it the Standard fee applies.",
    ),
    heading(2, "1.2 Membership tiers and fees"),
    paragraph(
      "Membership runs for twelve months from the day of joining. The fee is paid once a year, and half of it is returned if you leave within the first three months.",
    ),
    {
      kind: "table",
      caption: "Membership tiers and what they include",
      widths: [24, 18, 19, 19, 20],
      header: [
        "Tier",
        "Yearly fee",
        "Items at once",
        "Loan period",
        "Study room",
      ],
      rows: [
        ["Junior (under 16)", "free", "8", "28 days", "with an adult"],
        ["Student", "€12", "12", "28 days", "2 hours a day"],
        ["Standard", "€30", "12", "21 days", "1 hour a day"],
        ["Patron", "€75", "20", "42 days", "3 hours a day"],
      ],
    },
    heading(1, "2. Borrowing"),
    heading(2, "2.1 Loans and renewals"),
    paragraph(
      "Scan your card and your items at one of the blue terminals by the entrance. The receipt shows the day on which each item is due. A loan may be renewed twice, at a terminal or on the website, unless another member has reserved the item. Renewing adds one full loan period, counted from the day of renewal.",
    ),
    heading(2, "2.2 Reservations"),
    paragraph(
      "Any item that is out on loan can be reserved at no charge. We keep it for you at the front desk for seven days and send one message when it arrives. At most five reservations may be open at a time.",
    ),
    { kind: "page_break" },
    heading(1, "3. Returning items"),
    heading(2, "3.1 Where to return"),
    paragraph(
      "Items go back to the return shelf beside the entrance. Outside opening hours use the night hatch on Quay Street; what is left there before 8:00 counts as returned on the day before. Tools, instruments and games must be handed over at the desk with all their parts.",
    ),
    heading(2, "3.2 Late returns"),
    paragraph(
      "We send a reminder two days before an item is due. From the day after the due date a charge is added for each day the library is open, up to the limit shown below. Juniors pay no late charges, but cannot borrow more until everything overdue has come back.",
    ),
    {
      kind: "table",
      caption: "Charges for items returned late",
      widths: [37, 21, 21, 21],
      header: [
        "Kind of item",
        "Charge a day",
        "At most",
        "Grace period",
      ],
      rows: [
        ["Books and magazines", "€0.20", "€6.00", "1 day"],
        ["Films and audiobooks", "€0.50", "€10.00", "1 day"],
        ["Tools and instruments", "€2.00", "€40.00", "none"],
        ["Reserved by another member", "€1.00", "€20.00", "none"],
      ],
    },
    heading(2, "3.3 Lost or damaged items"),
    paragraph(
      "Tell the desk as soon as you notice that something is lost or damaged. You may replace a lost book with the same edition in good condition, or pay its price plus a processing fee of €5. If the item turns up within sixty days, we pay back the price, but not the fee. Ordinary wear is free.",
    ),
    heading(1, "4. Rooms"),
    heading(2, "4.1 Study rooms"),
    paragraph(
      "Six study rooms on the second floor can be booked up to fourteen days ahead. Each has a screen, a whiteboard and seats for four. A room that is still empty fifteen minutes after the booking began is given to the next person in line.",
    ),
    heading(2, "4.2 The lantern hall"),
    paragraph(
      "Members may hire the lantern hall for talks, concerts and meetings of up to eighty people. The hire costs €45 an evening, chairs and projector included; Patron members pay €30. Events must be open to the public and end by 22:00.",
    ),
    heading(2, "4.3 House rules"),
    bullets(
      "Covered drinks are welcome everywhere; food only in the courtyard.",
      "Telephone calls belong on the stairs or in the courtyard.",
      "The reading room on the third floor is silent at all times.",
      "Dogs may come as far as the entrance hall.",
    ),
    { kind: "page_break" },
    heading(1, "5. The tool library"),
    paragraph(
      "Some 300 tools can be borrowed like books, from cordless drills to a sewing machine and a bicycle repair stand. Tools are lent for seven days and can be renewed once.",
    ),
    heading(2, "5.1 Before the first loan"),
    paragraph(
      "Every borrower attends one safety evening, held on the first Tuesday of the month at 18:30. It lasts an hour, is free of charge, and is valid for five years. Power saws and grinders are lent only to members over 18.",
    ),
    heading(2, "5.2 Deposits"),
    paragraph(
      "Tools worth more than €100 need a deposit of €25, paid by card. It is returned in full when the tool comes back clean, complete and working. If a tool breaks in ordinary use, the library pays for the repair.",
    ),
    heading(1, "6. Your data"),
    paragraph(
      "We store your name, your address and the items that you have on loan. Once an item has been returned, the record of that loan is deleted after thirty days, so that nobody can look up what you read last year. Your data is never sold and never leaves the library. You may ask at the desk for a copy, or have your account deleted when nothing is on loan.",
    ),
    heading(1, "7. Help and opening hours"),
    paragraph(
      "The front desk answers questions during opening hours, in person or by telephone. Complaints go to the house committee, which replies in writing within ten working days.",
    ),
    {
      kind: "table",
      caption: "Opening hours",
      widths: [34, 22, 22, 22],
      header: ["Day", "Library", "Front desk", "Tool library"],
      rows: [
        ["Monday", "closed", "closed", "closed"],
        ["Tuesday to Friday", "9:00–20:00", "10:00–18:00", "15:00–19:00"],
        ["Saturday", "9:00–18:00", "10:00–16:00", "10:00–14:00"],
        ["Sunday", "12:00–17:00", "closed", "closed"],
      ],
    },
    heading(2, "7.1 Closed for the tide"),
    paragraph(
      "On the two days of the autumn spring tide the quay may be under water. The library then stays closed, no late charges are added, and every item due on those days may come back one week later.",
    ),
  ],
};
