#!/usr/bin/env python3
"""Writes vectors.json beside this file: texts that RFC 8259 accepts and refuses.

Each case is {"name", "expect": "accept" | "reject" | "either", "text" | "hex" | "repeat"}; `text` is
the text itself, `hex` its bytes, `repeat` a list of [text, count] pairs that are joined.
"""
import json, pathlib

cases = []

def add(expect, name, text):
    if isinstance(text, bytes):
        cases.append({"name": name, "expect": expect, "hex": text.hex()})
    elif isinstance(text, list):
        cases.append({"name": name, "expect": expect, "repeat": text})
    else:
        cases.append({"name": name, "expect": expect, "text": text})

def pair(section, good, bad):
    for k, text in enumerate(good):
        add("accept", f"{section} accepted {k}", text)
    for k, text in enumerate(bad):
        add("reject", f"{section} refused {k}", text)

pair("2 structure", ["[]", "{}", " \t\r\n[ \t\r\n] \t\r\n", "[1,2]", '{"a":1}', '{ "a" : 1 , "b" : 2 }', "1", '"a"', "null"],
     ["", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", '{"a"}', '{"a":}', '{"a" 1}', "{:1}",
      '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}', "{a:1}", "{'a':1}", '{1:1}', "[1}", '{"a":1]', "[] []", "[]x", "1 2", "/**/1",
      "[1]//", "\u000b1", "\u000c1", "\u00a01", "\ufeff1", "\u20281", "[]\u0000"])
pair("3 literals", ["true", "false", "null", "[true,false,null]"],
     ["True", "TRUE", "tru", "truee", "nul", "nulll", "NULL", "fals", "falsee", "nan", "NaN", "Infinity", "-Infinity", "undefined", "t", "f", "n"])
pair("4 objects", ['{"":0}', '{"a":{"a":{}}}', '{"a":1,"A":2}', '{"a":1,"b":{"a":2}}', '{"\u00e9":1,"e\u0301":2}'],
     ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":{"a":1,"a":2}}', '{"":0,"":0}', '{"\\n":1,"\\u000a":1}', '{"/":1,"\\/":1}'])
pair("5 arrays", ["[[]]", "[[],[]]", '[1,"a",null,{},[]]'], ["[[]", "[]]", "[[],]", '["a" "b"]'])
pair("6 numbers", ["0", "-0", "1", "-1", "10", "123456789012345678901234567890", "0.0", "0.5", "-0.5", "1.25", "0e0", "0E+0", "1e1",
      "1E1", "1e+1", "1e-1", "1.5e300", "1e400", "-1e-400", "1e99999999999999999999", "0.1234567890123456789012345678901234567890"],
     ["-", "+1", "01", "-01", "00", "00.1", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e-", "e1", "1ee1", "1e1.5", "0x1", "1_0", "1,0",
      "--1", "1-", "1+1", "- 1", "\u0661", "1.2.3", "1f", "0e", "0b1", "1e 1"])
pair("7 strings", ['""', '"abc"', '"\\""', '"\\\\"', '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u00e9\\u00E9"', '"\u007f"',
      '"\\ud83d\\ude00"', '"\\uDBFF\\uDFFF"', '"\\ud800\\udc00"', '"\ud7ff"', '"\ue000\uffff"', '"\U0001f600"', '"\U0010ffff"', '"\\uffff"', '"\\\\u0041"',
      '"\u2028\u2029"'],
     ['"', '"a', "'a'", '"\\"', '"\\a"', '"\\x41"', '"\\U0041"', '"\\u"', '"\\u0"', '"\\u00"', '"\\u004"', '"\\u004g"', '"\\u 041"', '"\\u+041"',
      '"\u0000"', '"\u001f"', '"\n"', '"\t"', '"\\\n"', '"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\ud800x"', '"\\ud800\\n"', '"\\ud800\\u0041"',
      '"\\udc00\\ud800"', '"\\ud83d\\u"', '"\\0"', '"\\\'"'])
for name, good in [("2", b"\xc2\x80"), ("2 last", b"\xdf\xbf"), ("3", b"\xe0\xa0\x80"), ("3 before surrogates", b"\xed\x9f\xbf"),
                   ("3 after surrogates", b"\xee\x80\x80"), ("3 last", b"\xef\xbf\xbf"), ("4", b"\xf0\x90\x80\x80"), ("4 last", b"\xf4\x8f\xbf\xbf")]:
    add("accept", "8.1 UTF-8 of " + name, b'"' + good + b'"')
for name, bad in [("lone continuation", b"\x80"), ("lone continuation bf", b"\xbf"), ("overlong 2", b"\xc0\x80"), ("overlong 2 c1", b"\xc1\xbf"),
                  ("cut 2", b"\xc2"), ("2 without continuation", b"\xc2\x41"), ("overlong 3", b"\xe0\x9f\xbf"), ("surrogate", b"\xed\xa0\x80"),
                  ("surrogate end", b"\xed\xbf\xbf"), ("cut 3", b"\xe2\x82"), ("3 without continuation", b"\xe2\x41\x82"), ("overlong 4", b"\xf0\x8f\xbf\xbf"),
                  ("above U+10FFFF", b"\xf4\x90\x80\x80"), ("f5", b"\xf5\x80\x80\x80"), ("cut 4", b"\xf0\x9f\x98"), ("five bytes", b"\xf8\x88\x80\x80\x80"),
                  ("fe", b"\xfe"), ("ff", b"\xff")]:
    add("reject", "8.1 UTF-8 " + name, b'"' + bad + b'"')
    add("reject", "8.1 UTF-8 behind text: " + name, b'["abcdefghijklmnopqrstuvwxyz",{"' + bad + b'":1}]')
add("reject", "8.1 UTF-8 cut at the end of the text", b'"\xe2\x82')
add("reject", "8.1 UTF-16 LE", "[]".encode("utf-16-le"))
add("reject", "8.1 UTF-16 BE with mark", b"\xfe\xff\x00[\x00]")
add("either", "8.1 byte order mark", b"\xef\xbb\xbf[]")
add("reject", "8.1 UTF-8 outside of strings", b"[\xc3\xa9]")
add("reject", "9 100 000 open arrays", [["[", 100000]])
add("reject", "9 100 000 nested arrays", [["[", 100000], ["]", 100000]])
add("reject", "9 100 000 open objects", [['{"a":', 100000]])
add("either", "9 500 nested arrays", [["[", 500], ["]", 500]])
add("accept", "9 128 nested arrays", [["[", 128], ["]", 128]])
add("reject", "9 129 nested arrays", [["[", 129], ["]", 129]])
add("accept", "9 100 000 elements", [["[0", 1], [",0", 99999], ["]", 1]])
add("accept", "9 a string of 100 000 bytes", [['"', 1], ["x", 100000], ['"', 1]])
add("accept", "9 a number of 100 000 digits", [["1", 100000]])
out = pathlib.Path(__file__).with_name("vectors.json")
out.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases")
