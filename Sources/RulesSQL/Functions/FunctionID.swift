/// Every function of the language, spelled in lower case as the table knows it.
enum FunctionID: String, CaseIterable, Sendable {
    case abs, accountid, acos, asin, atan, atan2
    case awsLambda = "aws_lambda"
    case bitand, bitnot, bitor, bitxor, ceil, chr, clientid, concat, cos, cosh, decode, encode
    case endswith, exp, floor, get
    case getDynamodb = "get_dynamodb"
    case getMQTTProperty = "get_mqtt_property"
    case getOrDefault = "get_or_default"
    case getRegistryData = "get_registry_data"
    case getSecret = "get_secret"
    case getThingShadow = "get_thing_shadow"
    case getUserProperties = "get_user_properties"
    case indexof, isnull, isundefined, length, ln, log, lower, lpad, ltrim
    case machinelearningPredict = "machinelearning_predict"
    case md2, md5, mod, nanvl, newuuid, numbytes
    case parseTime = "parse_time"
    case power, principal, rand
    case regexpMatches = "regexp_matches"
    case regexpReplace = "regexp_replace"
    case regexpSubstr = "regexp_substr"
    case remainder, replace, round, rpad, rtrim, sha1, sha224, sha256, sha384, sha512, sign, sin
    case sinh, sourceip
    case sqlVersion = "sql_version"
    case sqrt, startswith, substring, tan, tanh
    case timeToEpoch = "time_to_epoch"
    case timestamp, topic, traceid, transform, trim, trunc, upper
}
