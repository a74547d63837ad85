/* A PKCS#11 module in front of another one, whose answers a file spoils as a test wants.
 *
 * PKCS11_SHIM_MODULE names the real module, PKCS11_SHIM_FAULTS the file; it is read at each call. Its lines, numbers in hex:
 *   C_Sign 32              the function answers this CK_RV and is not called; C_Login_context is C_Login for one signature
 *   flags 10000            C_GetTokenInfo shows these flags too
 *   attribute 163 0        this boolean attribute reads as given
 *   hidden 163             this attribute cannot be read
 *   signature 3f           C_Sign says its signature is this long
 *   no_mechanisms 1        C_GetMechanismList is empty
 *   twins 1                C_GetTokenInfo shows the same label and serial for all tokens
 *   gone_after_failure 1   once C_Sign has answered a fault, C_GetTokenInfo finds no token until a session is opened
 * Needs no PKCS#11 headers: the function list is a table of pointers after the version, in the order of the standard.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long rv;
typedef unsigned long ulong_;
typedef struct { ulong_ type; void *value; ulong_ length; } attribute;

#define COUNT 68
#define TOKEN_FLAGS_OFFSET 96
static void *real[1 + COUNT], *ours[1 + COUNT];
static int signature_allowed, has_failed;

static int lookup(const char *name, const char *format, ulong_ *first, ulong_ *second) {
    const char *path = getenv("PKCS11_SHIM_FAULTS");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[128], word[64];
    int found = 0;
    ulong_ wanted = second ? *first : 0;
    while (file && !found && fgets(line, sizeof line, file)) {
        ulong_ a = 0, b = 0;
        int n = sscanf(line, format, word, &a, &b);
        if (n < 2 || strcmp(word, name)) continue;
        if (second && a != wanted) continue;
        *first = a;
        if (second) *second = b;
        found = 1;
    }
    if (file) fclose(file);
    return found;
}

static int fault(const char *name, rv *code) { return lookup(name, "%63s %lx", code, NULL); }

#define WRAP(index, name, parameters, arguments)                                   \
    static rv shim_##name parameters {                                             \
        rv code;                                                                   \
        if (fault(#name, &code)) return code;                                      \
        return ((rv(*) parameters)real[1 + index]) arguments;                      \
    }

WRAP(2, C_GetInfo, (void *a), (a))
WRAP(4, C_GetSlotList, (unsigned char a, void *b, void *c), (a, b, c))
WRAP(13, C_CloseSession, (ulong_ a), (a))
WRAP(19, C_Logout, (ulong_ a), (a))
WRAP(26, C_FindObjectsInit, (ulong_ a, void *b, ulong_ c), (a, b, c))
WRAP(42, C_SignInit, (ulong_ a, void *b, ulong_ c), (a, b, c))
WRAP(59, C_GenerateKeyPair,
     (ulong_ a, void *b, void *c, ulong_ d, void *e, ulong_ f, void *g, void *h), (a, b, c, d, e, f, g, h))

static rv shim_C_GetMechanismList(ulong_ slot, void *list, ulong_ *count) {
    rv code;
    if (fault("C_GetMechanismList", &code)) return code;
    if (fault("no_mechanisms", &code)) { *count = 0; return 0; }
    return ((rv(*)(ulong_, void *, void *))real[1 + 7])(slot, list, count);
}

static rv shim_C_OpenSession(ulong_ slot, ulong_ flags, void *a, void *b, void *session) {
    rv code;
    has_failed = 0;
    if (fault("C_OpenSession", &code)) return code;
    return ((rv(*)(ulong_, ulong_, void *, void *, void *))real[1 + 12])(slot, flags, a, b, session);
}

static rv shim_C_GetTokenInfo(ulong_ slot, char *info) {
    rv code;
    ulong_ flags;
    if (fault("C_GetTokenInfo", &code)) return code;
    if (has_failed && fault("gone_after_failure", &code)) return 0xE0;
    code = ((rv(*)(ulong_, void *))real[1 + 6])(slot, info);
    if (!code && lookup("flags", "%63s %lx", &flags, NULL)) *(ulong_ *)(info + TOKEN_FLAGS_OFFSET) |= flags;
    if (!code && lookup("twins", "%63s %lx", &flags, NULL)) {
        memset(info, ' ', TOKEN_FLAGS_OFFSET);
        memcpy(info, "twin", 4);
        info[TOKEN_FLAGS_OFFSET - 1] = '1';
    }
    return code;
}

static rv shim_C_Login(ulong_ session, ulong_ user, void *pin, ulong_ length) {
    rv code;
    if (fault(user == 2 ? "C_Login_context" : "C_Login", &code)) return code;
    if (user == 2) { signature_allowed = 1; return 0; }
    return ((rv(*)(ulong_, ulong_, void *, ulong_))real[1 + 18])(session, user, pin, length);
}

static rv shim_C_GetAttributeValue(ulong_ session, ulong_ object, attribute *wanted, ulong_ count) {
    rv code;
    ulong_ i;
    if (fault("C_GetAttributeValue", &code)) return code;
    code = ((rv(*)(ulong_, ulong_, void *, ulong_))real[1 + 24])(session, object, wanted, count);
    for (i = 0; i < count; i++) {
        ulong_ type = wanted[i].type, value = 0;
        if (wanted[i].value && wanted[i].length == 1 && lookup("attribute", "%63s %lx %lx", &type, &value))
            *(unsigned char *)wanted[i].value = (unsigned char)value;
        if (lookup("hidden", "%63s %lx %lx", &type, &value)) {
            wanted[i].length = (ulong_)-1;
            code = 0x12;
        }
    }
    return code;
}

static rv shim_C_Sign(ulong_ session, void *data, ulong_ length, void *signature, ulong_ *signature_length) {
    rv code;
    ulong_ always = 0x202, is_always = 0;
    if (fault("C_Sign", &code)) { /* a failed C_Sign ends its operation, so the real one is ended too */
        char unused[512];
        ulong_ room = sizeof unused;
        ((rv(*)(ulong_, void *, ulong_, void *, ulong_ *))real[1 + 43])(session, data, length, unused, &room);
        has_failed = 1;
        return code;
    }
    if (lookup("attribute", "%63s %lx %lx", &always, &is_always) && is_always && !signature_allowed) return 0x101;
    code = ((rv(*)(ulong_, void *, ulong_, void *, ulong_ *))real[1 + 43])(session, data, length, signature, signature_length);
    if (signature) {
        signature_allowed = 0;
        lookup("signature", "%63s %lx", signature_length, NULL);
    }
    return code;
}

rv C_GetFunctionList(void ***list) {
    void *module = dlopen(getenv("PKCS11_SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
    rv (*get)(void ***) = module ? (rv(*)(void ***))dlsym(module, "C_GetFunctionList") : NULL;
    void **table;
    if (!get || get(&table)) return 5;
    memcpy(real, table, sizeof real);
    memcpy(ours, table, sizeof ours);
    ours[1 + 2] = shim_C_GetInfo;
    ours[1 + 4] = shim_C_GetSlotList;
    ours[1 + 6] = shim_C_GetTokenInfo;
    ours[1 + 7] = shim_C_GetMechanismList;
    ours[1 + 12] = shim_C_OpenSession;
    ours[1 + 13] = shim_C_CloseSession;
    ours[1 + 18] = shim_C_Login;
    ours[1 + 19] = shim_C_Logout;
    ours[1 + 24] = shim_C_GetAttributeValue;
    ours[1 + 26] = shim_C_FindObjectsInit;
    ours[1 + 42] = shim_C_SignInit;
    ours[1 + 43] = shim_C_Sign;
    ours[1 + 59] = shim_C_GenerateKeyPair;
    *list = ours;
    return 0;
}
