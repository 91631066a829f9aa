/* The C libraries that a firmware would take in Squab's place, doing the same work: `peers CASE COUNT FILE`.
 *
 * cJSON (with a heap) reads the webhook and looks the fields up, or builds the template's request and prints it. jsmn
 * (without) marks the tokens and looks the fields up; it undoes no escapes and checks hardly any grammar. Debian's
 * libcjson-dev and libjsmn-dev. */
#define JSMN_STATIC
#include <cjson/cJSON.h>
#include <jsmn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fields of a text message, as path through the webhook. */
static const char *const VALUE[] = {"entry", "[", "changes", "[", "value", NULL};
static const char *const NUMBER[] = {"metadata", "phone_number_id", NULL};
static const char *const NAME[] = {"contacts", "[", "profile", "name", NULL};
static const char *const CONTACT[] = {"contacts", "[", "wa_id", NULL};
static const char *const CONTACT_USER[] = {"contacts", "[", "user_id", NULL};
static const char *const FROM[] = {"messages", "[", "from", NULL};
static const char *const USER[] = {"messages", "[", "from_user_id", NULL};
static const char *const ID[] = {"messages", "[", "id", NULL};
static const char *const TIME[] = {"messages", "[", "timestamp", NULL};
static const char *const TYPE[] = {"messages", "[", "type", NULL};
static const char *const BODY[] = {"messages", "[", "text", "body", NULL};
static const char *const *const FIELDS[] = {NUMBER, NAME, CONTACT, CONTACT_USER, FROM, USER, ID, TIME, TYPE, BODY};
enum { FIELD_COUNT = sizeof FIELDS / sizeof FIELDS[0] };

static size_t found;

static cJSON *go(cJSON *at, const char *const *path) {
    for (; at != NULL && *path != NULL; path++)
        at = strcmp(*path, "[") == 0 ? cJSON_GetArrayItem(at, 0) : cJSON_GetObjectItemCaseSensitive(at, *path);
    return at;
}

static int webhook_cjson(const char *text, size_t len) {
    cJSON *body = cJSON_ParseWithLength(text, len);
    cJSON *value = go(body, VALUE);
    size_t sum = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *string = cJSON_GetStringValue(go(value, FIELDS[i]));
        sum += string != NULL;
    }
    cJSON_Delete(body);
    found += sum;
    return sum == FIELD_COUNT;
}

static int skip(const jsmntok_t *tokens, int at) {
    int open = 1;
    while (open > 0) {
        open += tokens[at].size - 1;
        at++;
    }
    return at;
}

static int find(const char *text, const jsmntok_t *tokens, int at, const char *const *path) {
    for (; *path != NULL; path++) {
        if (strcmp(*path, "[") == 0) {
            if (tokens[at].type != JSMN_ARRAY || tokens[at].size == 0)
                return -1;
            at++;
            continue;
        }
        if (tokens[at].type != JSMN_OBJECT)
            return -1;
        int members = tokens[at].size, member = at + 1;
        size_t len = strlen(*path);
        for (; members > 0; members--) {
            const jsmntok_t *key = &tokens[member];
            if ((size_t)(key->end - key->start) == len && memcmp(text + key->start, *path, len) == 0)
                break;
            member = skip(tokens, member + 1);
        }
        if (members == 0)
            return -1;
        at = member + 1;
    }
    return at;
}

static int webhook_jsmn(const char *text, size_t len) {
    jsmntok_t tokens[128];
    jsmn_parser parser;
    jsmn_init(&parser);
    if (jsmn_parse(&parser, text, len, tokens, 128) < 0)
        return 0;
    int value = find(text, tokens, 0, VALUE);
    size_t sum = 0;
    for (int i = 0; value >= 0 && i < FIELD_COUNT; i++)
        sum += find(text, tokens, value, FIELDS[i]) >= 0;
    found += sum;
    return sum == FIELD_COUNT;
}

static int template_cjson(const char *text, size_t len) {
    (void)text, (void)len;
    static const char *const words[] = {"Cold store 3", "+9.2 \xC2\xB0" "C", "14:05"};
    static char buffer[2048];
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "messaging_product", "whatsapp");
    cJSON_AddStringToObject(body, "recipient_type", "individual");
    cJSON_AddStringToObject(body, "to", "+16505551234");
    cJSON_AddStringToObject(body, "type", "template");
    cJSON *template = cJSON_AddObjectToObject(body, "template");
    cJSON_AddStringToObject(template, "name", "squab_alert");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(template, "language"), "code", "en_US");
    cJSON *component = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(template, "components"), component);
    cJSON_AddStringToObject(component, "type", "body");
    cJSON *parameters = cJSON_AddArrayToObject(component, "parameters");
    for (int i = 0; i < 3; i++) {
        cJSON *parameter = cJSON_CreateObject();
        cJSON_AddStringToObject(parameter, "type", "text");
        cJSON_AddStringToObject(parameter, "text", words[i]);
        cJSON_AddItemToArray(parameters, parameter);
    }
    cJSON_AddStringToObject(body, "biz_opaque_callback_data", "squab-000000c3-0000000100000001.1");
    int printed = cJSON_PrintPreallocated(body, buffer, sizeof buffer, 0);
    found += strlen(buffer);
    cJSON_Delete(body);
    return printed;
}

int main(int count, char **words) {
    static const struct {
        const char *name;
        int (*work)(const char *, size_t);
    } cases[] = {
        {"webhook-cjson", webhook_cjson}, {"webhook-jsmn", webhook_jsmn}, {"template-cjson", template_cjson}};
    static char text[8192];
    if (count != 4)
        return 2;
    FILE *file = fopen(words[3], "rb");
    if (file == NULL)
        return 2;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, words[1]) != 0)
            continue;
        for (long n = atol(words[2]); n > 0; n--)
            if (!cases[i].work(text, len))
                return 1;
        return found == 0 && atol(words[2]) > 0;
    }
    return 2;
}
