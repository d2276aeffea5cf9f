// Text for a page of HTML.
#ifndef LOSSMILL_COMMANDS_HTML_H
#define LOSSMILL_COMMANDS_HTML_H

// `text` as it may stand between tags and in quoted attributes: markup is escaped; bytes that are
// no UTF-8, control characters and marks that reorder text become U+FFFD. NULL is empty.
const char *html(const char *text);

// "<bdi>NAME</bdi> <bdi class="id">ID</bdi>": what a row of the study is called. Each keeps its
// own direction of writing. NAME may be missing.
const char *html_name(const char *name, const char *id);

#endif
