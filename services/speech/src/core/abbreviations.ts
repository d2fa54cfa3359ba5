import { primaryLanguage } from "./speakable/words-of.ts";

type Abbreviations = {
  /** A sentence never ends behind these: titles, "for example". */
  readonly never: string;
  /** Only when a number follows: "No. 5". */
  readonly beforeNumber?: string;
  /** Number and full stop are an ordinal: "am 3. Oktober". */
  readonly ordinals?: true;
};

/** Without the last full stop, in lower case, a blank between them. */
const tables: Readonly<Record<string, Abbreviations>> = {
  en: {
    never:
      "dr mr mrs ms messrs prof rev hon st mt gen col capt cmdr lt sgt maj gov sen rep pres vs e.g i.e eg ie cf viz ca approx dept al",
    beforeNumber:
      "no nos vol vols fig figs sec ch pp p pg art eq ver jan feb mar apr jun jul aug sep sept oct nov dec",
  },
  de: {
    never:
      "dr prof hr fr st dipl ing z.b d.h u.a o.ä i.d.r s.o s.u v.a bzw ca vgl evtl ggf inkl exkl zzgl bspw sog geb gest hl str allg max min mind u z d bes insb lat engl mio mrd",
    beforeNumber: "nr abs abb art bd kap s tab tel jh",
    ordinals: true,
  },
  fr: {
    never: "m mm me mme mlle dr pr prof st ste p.ex c.-à-d cf env av bd ex hab éd coll",
    beforeNumber: "no art chap fig vol p pp t",
  },
  es: {
    never:
      "sr sra srta sres dr dra d dña prof ud uds vd vds p.ej ej ee ee.uu uu av avda ca cf aprox excmo gral",
    beforeNumber: "núm no pág págs p pp art cap fig vol tel",
  },
  it: {
    never:
      "sig sigg dott prof ing avv arch on sen gen s ss p.es es ad.es ca cfr c.d sig.ra dott.ssa geom rag",
    beforeNumber: "n nn pag pagg p pp art cap fig vol tel",
  },
  pt: {
    never: "sr sra srta dr dra prof profa exmo exma p.ex ex av r d st sto sta eng gen ca cf aprox",
    beforeNumber: "n no núm pág págs p pp art cap fig vol tel",
  },
  nl: {
    never:
      "dhr mevr mw dr drs ir ing mr prof st o.a d.w.z bijv bv m.b.t t.o.v i.p.v m.a.w ca vgl resp incl excl zgn jhr mln mld",
    beforeNumber: "nr nrs art blz p pp fig hfdst tel",
  },
  sv: {
    never: "dr prof t.ex bl.a d.v.s ca s.k t.o.m fr.o.m m.m resp ev st",
    beforeNumber: "nr s sid kap fig tel",
  },
  da: {
    never: "dr prof f.eks bl.a dvs ca hr fr jf evt inkl ekskl pga",
    beforeNumber: "nr s kap fig tlf",
    ordinals: true,
  },
  nb: {
    never: "dr prof f.eks bl.a dvs ca hr fr jf evt inkl ekskl pga",
    beforeNumber: "nr s kap fig tlf",
    ordinals: true,
  },
  fi: { never: "esim mm ks ts tri prof ym", beforeNumber: "nro s luku kuva puh", ordinals: true },
  pl: {
    never: "dr prof np tzn tzw m.in św im inż mgr ul al gen płk ok hab",
    beforeNumber: "nr s str rys rozdz tel",
    ordinals: true,
  },
  cs: {
    never: "dr prof ing mgr bc např tj tzv sv p ul nám mj cca",
    beforeNumber: "č str s obr kap tel",
    ordinals: true,
  },
  sk: {
    never: "dr prof ing mgr napr tj tzv sv p ul nám cca",
    beforeNumber: "č str s obr kap tel",
    ordinals: true,
  },
  hu: { never: "dr prof pl ún ill kb özv ifj id", beforeNumber: "sz o old tel", ordinals: true },
  ro: { never: "dr prof dl dna d-l d-na ing sf ex cca str", beforeNumber: "nr p pag art cap fig tel" },
  ru: {
    never: "г ул д им проф акад т т.е т.к т.д напр см ср гр св ст",
    beforeNumber: "стр с рис гл табл тел",
  },
  uk: { never: "м вул ім проф акад т т.е т.зв напр див гр св ст", beforeNumber: "стр с рис гл табл тел" },
  el: { never: "κ κα δρ π.χ δηλ αγ λ.χ", beforeNumber: "σελ αρ κεφ τηλ" },
  tr: { never: "dr prof sn bkz örn vb av doç yrd", beforeNumber: "no s sf tel", ordinals: true },
};

export type SentenceRules = {
  readonly never: ReadonlySet<string>;
  readonly beforeNumber: ReadonlySet<string>;
  readonly ordinals: boolean;
  /** "I" ends English sentences and is no initial. */
  readonly pronounI: boolean;
  /** « Oui ! » has a blank before its last quotation mark. */
  readonly spacedQuotes: boolean;
  /** Greek asks with a semicolon. */
  readonly semicolonAsks: boolean;
};

function setOf(list: string | undefined): ReadonlySet<string> {
  return new Set(list?.split(" "));
}

const english = "en";

function rulesFrom(primary: string): SentenceRules {
  const table = tables[primary === "no" || primary === "nn" ? "nb" : primary] ?? tables[english];
  return {
    never: setOf(table?.never),
    beforeNumber: setOf(table?.beforeNumber),
    ordinals: table?.ordinals ?? false,
    pronounI: primary === english,
    spacedQuotes: primary === "fr",
    semicolonAsks: primary === "el",
  };
}

const known = new Map<string, SentenceRules>(
  [...Object.keys(tables), "no", "nn"].map((key) => [key, rulesFrom(key)]),
);
const otherwise: SentenceRules = { ...rulesFrom(english), pronounI: false };

/** The rules of a BCP 47 language; English abbreviations for languages without a table. */
export function sentenceRules(language: string): SentenceRules {
  return known.get(primaryLanguage(language)) ?? otherwise;
}
