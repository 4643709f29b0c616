/** Paragraphs of a small handbook, for tests of what the embedding can find. */
export const PASSAGES = {
  warranty:
    "The pump is guaranteed for thirty-six months from the day of delivery. Worn seals and filters are not covered. Send the receipt together with the broken part.",
  cleaning:
    "Clean the filter once a week under running water. Never use solvents or a wire brush; they roughen the mesh, and dirt then settles faster.",
  noise:
    "A rattling noise during operation means that air has been drawn in. Close the valve, fill the chamber with water up to the mark and start the motor again.",
  installation:
    "Mount the pump on a level foundation of concrete. Leave half a metre of free space on every side, so that the motor can be cooled and the cover removed.",
  electricity:
    "The connection to the mains may be made by an electrician only. The circuit needs a fuse of sixteen amperes and a residual current device.",
  frost:
    "Before the first frost empty the housing through the drain plug and store the pump in a dry room. Ice bursts the housing, and that damage cannot be repaired.",
  disposal:
    "At the end of its life the pump belongs to the collection point for electrical appliances, not in household waste. The oil must be drained and handed in separately.",
  contact:
    "Customer service answers the telephone from Monday to Friday between eight and seventeen o'clock. Have the serial number at hand; it is stamped on the type plate.",
};

export const QUESTIONS: [string, keyof typeof PASSAGES][] = [
  ["How long is the pump guaranteed?", "warranty"],
  ["How often must I clean the filter?", "cleaning"],
  ["What does a rattling noise mean?", "noise"],
  ["How much free space does the motor need for cooling?", "installation"],
  ["Which fuse does the circuit need?", "electricity"],
  ["What do I have to do before winter, when there is frost?", "frost"],
  ["Can I throw the appliance into the household waste?", "disposal"],
  ["When can I telephone customer service?", "contact"],
];
