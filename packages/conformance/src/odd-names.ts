/**
 * Names that some store, path, pattern or script spells in another way, and twins that a careless mapping makes one.
 * No control characters, at most 255 bytes: what `checkQueueName` lets through.
 */
export const ODD_NAMES: readonly string[] = [
  'with space', ' leading', 'trailing ', 'with  space', 'with_space', 'with-space', 'with+space', 'with%20space',
  'a/b', 'a\\b', 'a.b', 'a:b', 'a~b', 'a|b', 'a%2Fb', 'a__b', 'a@b', 'a#b', 'a&b', 'a=b', 'a;b', 'a,b', 'a~high',
  '.', '..', '../up', '/', '//', 'a/', '/a', '*', '**', '?', '>', 'a.>', 'a.*', '#', '$', '$SYS', '%', '%s', '{tag}', '{a}{b}', '{', '}', '{}', ':', '::',
  "quote'", 'quote"', '`tick`', "'; --", '-', '--help', '~', '!', '[a]', '(a)', '<a>', '^', 'Case', 'case', 'CASE',
  'caf\u00e9', 'cafe\u0301', '\u212b', '\u00c5', '🍌', '🍌🍌', '日本語', 'كتاب', '\u202eevil', '\u200b', '\u00a0', '\ufeff', 'ß', 'ss', 'İ', 'i',
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'undefined', 'true', '0', '-1', '01', '1e3', 'NaN',
]

/** The longest names, alike but for the last byte. */
export const LONG_NAMES: readonly string[] = [`${'x'.repeat(254)}a`, `${'x'.repeat(254)}b`, `${'\u00fc'.repeat(126)}a`, `${'🍌'.repeat(63)}abc`, `${'a/b.c:'.repeat(42)}`]
