import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { PipelineError } from "supabase-document-pipeline-client";
import { type Search, useSearch } from "supabase-document-pipeline-client/react";
import { pipeline } from "../../pipeline.ts";
import { go, setParams, useRoute } from "../../route.ts";
import { Asking, type How } from "./asking.ts";
import type { Asked } from "./neighbours.ts";
import { optionsOf, paramsOf, type Question, readQuestion } from "./question.ts";

export interface QuestionState {
  /** What the address says. */
  question: Question;
  /** What is in the box. */
  text: string;
  /** What was asked last; null before the first question. */
  asked: Asked & { how: How } | null;
  /** Whether the question in the box waits for Enter. */
  isHeld: boolean;
  search: Search;
  type(text: string): void;
  submit(): void;
  /** Changes what is searched, and asks again. */
  change(change: Partial<Question>): void;
}

/** The question in the box and in the address, and what is asked of it, and when. */
export function useQuestion(): QuestionState {
  const { params } = useRoute();
  const question = useMemo(() => readQuestion(params), [params]);
  const search = useSearch(pipeline());
  const [text, setText] = useState(question.text);
  const [asked, setAsked] = useState<QuestionState["asked"]>(null);
  const [isHeld, setHeld] = useState(false);
  /** What the timers must see as it is when they end. */
  const latest = useRef({ question, search });
  latest.current = { question, search };
  /** The question of the address that has been asked. */
  const answered = useRef<string>();
  /** Whether what is typed further changes the address instead of leaving the former one behind. */
  const isOpen = useRef(false);

  const asking = useMemo(() =>
    new Asking({
      onHeld: setHeld,
      ask(query, how) {
        const { question, search } = latest.current;
        const next = { ...question, text: query };
        const options = optionsOf(next, how);
        answered.current = keyOf(next);
        if (query !== question.text) {
          if (isOpen.current || question.text === "") setParams({ ...paramsOf(next), passage: null });
          else go(["search"], paramsOf(next));
          isOpen.current = true;
        }
        setAsked({ query, options, how });
        search.search(query, options);
      },
    }), []);
  useEffect(() => () => asking.cancel(), []);

  // The address came from elsewhere: a link, the browser's back, another choice of what is searched.
  const key = keyOf(question);
  useEffect(() => {
    if (answered.current === key) return;
    isOpen.current = false;
    setText(question.text);
    asking.submit(question.text);
  }, [key]);

  const { error } = search;
  useEffect(() => {
    if (error instanceof PipelineError && error.status === 429) asking.rest(error.retryAfter ?? 60);
  }, [error]);

  return {
    question,
    text,
    asked: asked?.query ? asked : null,
    isHeld,
    search,
    type(text) {
      setText(text);
      asking.type(text, { hasPreview: question.mode !== "vector" });
    },
    submit() {
      asking.submit(text);
      isOpen.current = false;
    },
    // Also of what is in the box and was not asked yet.
    change: (change) => setParams(paramsOf({ ...question, text: text.trim(), ...change })),
  };
}

function keyOf(question: Question): string {
  return JSON.stringify(question);
}
