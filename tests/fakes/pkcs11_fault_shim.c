/* A PKCS#11 module in front of another one, whose answers a file spoils as a test wants.
 *
 * PKCS11_SHIM_MODULE names the real module, PKCS11_SHIM_FAULTS the file; it is read at each call. Its lines, numbers in hex:
 *   C_Sign 32              the function answers this CK_RV and is not called; C_Login_context is C_Login for one signature
 *   C_Sign_late 7d0        the function takes so many milliseconds before anything else
 *   C_Sign_crashes 1       the function writes where nothing is; _aborts, _hangs and _exits 3 are as bad
 *   C_Sign_scribbles 1     the function writes over every open file
 *   C_Sign_deserts 1       the function shuts every socket down, and hangs
 *   flags 10000            C_GetTokenInfo shows these flags too
 *   pad 1234               the token has a PIN pad, on which its owner types these digits whenever no PIN is given
 *   attribute 163 0        this boolean attribute reads as given
 *   hidden 163             this attribute cannot be read
 *   refused 10c            no key is made by a template that has this attribute
 *   named_curve 1          no key is made on a curve that is not given by name
 *   wants_pin 1            C_Sign wants a login of its own, whatever the key says; without one it is CKR_USER_NOT_LOGGED_IN
 *   forgets 1              C_GetSessionInfo says that nobody is logged in, and so it is
 *   without 1041           this mechanism is not there
 *   longest 0 c00          the longest key of this mechanism
 *   signature 3f           C_Sign says its signature is this long
 *   no_mechanisms 1        C_GetMechanismList is empty
 *   reader 1               C_GetSlotInfo shows the name of a YubiKey
 *   broken_reader 1        there is one more slot, empty, of which C_GetSlotInfo knows nothing but CKR_DEVICE_ERROR
 *   twins 1                C_GetTokenInfo shows the same label and serial for all tokens
 *   swapped 1              C_GetTokenInfo shows of each of two tokens what the other one says
 *   gone_after_failure 1   once C_Sign has answered a fault, C_GetTokenInfo finds no token until a session is opened
 *   chatter 1              C_GetSlotList talks to the terminal, in every way there is
 * A function that is late or hangs makes a file beside that of the faults, with `.reached` after its name.
 * Needs no PKCS#11 headers: the function list is a table of pointers after the version, in the order of the standard.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef unsigned long rv;
typedef unsigned long ulong_;
typedef struct { ulong_ type; void *value; ulong_ length; } attribute;

#define COUNT 68
#define TOKEN_FLAGS_OFFSET 96
#define BROKEN_READER 0xbad
static void *real[1 + COUNT], *ours[1 + COUNT];
static int signature_allowed, has_failed;
static char pin_now[64];

static int lookup(const char *name, const char *format, ulong_ *first, ulong_ *second) {
    const char *path = getenv("PKCS11_SHIM_FAULTS");
    FILE *file = path ? fopen(path, "re") : NULL;
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

static int told(const char *name, ulong_ *value) { return lookup(name, "%63s %lx", value, NULL); }

static int of(const char *name, ulong_ which, ulong_ *value) { return lookup(name, "%63s %lx %lx", &which, value); }

static int spoiled(const char *name, const char *how, ulong_ *value) {
    char whole[128];
    snprintf(whole, sizeof whole, "%s_%s", name, how);
    return told(whole, value);
}

static void leave_word(void) {
    char path[1024];
    FILE *word;
    snprintf(path, sizeof path, "%s.reached", getenv("PKCS11_SHIM_FAULTS"));
    word = fopen(path, "we");
    if (word) fclose(word);
}

static int fault(const char *name, rv *code) {
    ulong_ value;
    if (spoiled(name, "late", &value)) {
        leave_word();
        usleep((unsigned)value * 1000);
    }
    if (spoiled(name, "crashes", &value)) *(volatile int *)8 = 1;
    if (spoiled(name, "aborts", &value)) abort();
    if (spoiled(name, "exits", &value)) exit((int)value);
    if (spoiled(name, "scribbles", &value))
        for (int open_file = 0; open_file < 64; open_file++)
            if (write(open_file, "rubbish\n", 8) < 0) continue;
    if (spoiled(name, "deserts", &value))
        for (int open_file = 0; open_file < 64; open_file++) shutdown(open_file, SHUT_RDWR);
    if (spoiled(name, "hangs", &value) || spoiled(name, "deserts", &value)) {
        leave_word();
        signal(SIGTERM, SIG_IGN);
        for (;;) pause();
    }
    return told(name, code);
}

#define WRAP(index, name, parameters, arguments)                                   \
    static rv shim_##name parameters {                                             \
        rv code;                                                                   \
        if (fault(#name, &code)) return code;                                      \
        return ((rv(*) parameters)real[1 + index]) arguments;                      \
    }

WRAP(0, C_Initialize, (void *a), (a))
WRAP(1, C_Finalize, (void *a), (a))
WRAP(2, C_GetInfo, (void *a), (a))
WRAP(11, C_SetPIN, (ulong_ a, void *b, ulong_ c, void *d, ulong_ e), (a, b, c, d, e))
WRAP(13, C_CloseSession, (ulong_ a), (a))
WRAP(19, C_Logout, (ulong_ a), (a))
WRAP(22, C_DestroyObject, (ulong_ a, ulong_ b), (a, b))
WRAP(26, C_FindObjectsInit, (ulong_ a, void *b, ulong_ c), (a, b, c))

static void chat(void) {
    int terminal = open("/dev/tty", O_WRONLY | O_CLOEXEC);
    printf("chatter\n");
    fflush(stdout);
    fprintf(stderr, "chatter\n");
    if (terminal >= 0 && write(terminal, "chatter\n", 8) > 0) close(terminal);
}

static rv shim_C_GetSlotList(unsigned char present, ulong_ *list, ulong_ *count) {
    rv code;
    ulong_ value;
    if (fault("C_GetSlotList", &code)) return code;
    if (told("chatter", &value)) chat();
    code = ((rv(*)(unsigned char, void *, void *))real[1 + 4])(present, list, count);
    if (!code && !present && told("broken_reader", &value)) {
        if (list) list[*count] = BROKEN_READER;
        ++*count;
    }
    return code;
}

static rv shim_C_GetSlotInfo(ulong_ slot, char *info) {
    rv code;
    ulong_ value;
    if (fault("C_GetSlotInfo", &code)) return code;
    if (slot == BROKEN_READER) return 0x30;
    code = ((rv(*)(ulong_, void *))real[1 + 5])(slot, info);
    if (!code && told("reader", &value)) memcpy(info, "Yubico YubiKey OTP+FIDO+CCID 00 00", 34);
    return code;
}

static rv shim_C_GetMechanismList(ulong_ slot, ulong_ *list, ulong_ *count) {
    rv code;
    ulong_ kept = 0, value, i;
    if (fault("C_GetMechanismList", &code)) return code;
    if (told("no_mechanisms", &value)) { *count = 0; return 0; }
    code = ((rv(*)(ulong_, void *, void *))real[1 + 7])(slot, list, count);
    if (code || !list) return code;
    for (i = 0; i < *count; i++)
        if (!of("without", list[i], &value)) list[kept++] = list[i];
    *count = kept;
    return 0;
}

static rv shim_C_GetMechanismInfo(ulong_ slot, ulong_ mechanism, ulong_ *info) {
    rv code;
    if (fault("C_GetMechanismInfo", &code)) return code;
    code = ((rv(*)(ulong_, ulong_, void *))real[1 + 8])(slot, mechanism, info);
    if (!code) of("longest", mechanism, &info[1]);
    return code;
}

static rv shim_C_OpenSession(ulong_ slot, ulong_ flags, void *a, void *b, void *session) {
    rv code;
    has_failed = 0;
    if (fault("C_OpenSession", &code)) return code;
    return ((rv(*)(ulong_, ulong_, void *, void *, void *))real[1 + 12])(slot, flags, a, b, session);
}

/* The slot of the other token that was initialised, this one where its token was not. */
static ulong_ other_than(ulong_ slot) {
    ulong_ slots[16], count = 16, place;
    char info[512];
    if (((rv(*)(ulong_, void *))real[1 + 6])(slot, info) || !(*(ulong_ *)(info + TOKEN_FLAGS_OFFSET) & 0x400)) return slot;
    if (((rv(*)(unsigned char, void *, void *))real[1 + 4])(1, slots, &count)) return slot;
    for (place = 0; place < count; place++)
        if (slots[place] != slot && !((rv(*)(ulong_, void *))real[1 + 6])(slots[place], info) &&
            *(ulong_ *)(info + TOKEN_FLAGS_OFFSET) & 0x400)
            return slots[place];
    return slot;
}

static rv shim_C_GetTokenInfo(ulong_ slot, char *info) {
    rv code;
    ulong_ flags;
    if (fault("C_GetTokenInfo", &code)) return code;
    if (has_failed && told("gone_after_failure", &flags)) return 0xE0;
    if (told("swapped", &flags)) slot = other_than(slot);
    code = ((rv(*)(ulong_, void *))real[1 + 6])(slot, info);
    if (!code && told("flags", &flags)) *(ulong_ *)(info + TOKEN_FLAGS_OFFSET) |= flags;
    if (!code && told("pad", &flags)) *(ulong_ *)(info + TOKEN_FLAGS_OFFSET) |= 0x100;
    if (!code && told("twins", &flags)) {
        memset(info, ' ', TOKEN_FLAGS_OFFSET);
        memcpy(info, "twin", 4);
        info[TOKEN_FLAGS_OFFSET - 1] = '1';
    }
    return code;
}

static rv shim_C_GetSessionInfo(ulong_ session, ulong_ *info) {
    rv code;
    ulong_ value;
    if (fault("C_GetSessionInfo", &code)) return code;
    if (told("forgets", &value)) ((rv(*)(ulong_))real[1 + 19])(session);
    return ((rv(*)(ulong_, void *))real[1 + 15])(session, info);
}

static rv shim_C_Login(ulong_ session, ulong_ user, char *pin, ulong_ length) {
    rv code;
    ulong_ digits;
    char typed[64];
    if (fault(user == 2 ? "C_Login_context" : "C_Login", &code)) return code;
    if (!pin) {
        if (!told("pad", &digits)) return 7;
        length = (ulong_)snprintf(typed, sizeof typed, "%lx", digits);
        pin = typed;
    }
    if (user == 2) {
        signature_allowed = length == strlen(pin_now) && !memcmp(pin, pin_now, length);
        return signature_allowed ? 0 : 0xA0;
    }
    code = ((rv(*)(ulong_, ulong_, void *, ulong_))real[1 + 18])(session, user, pin, length);
    if (!code) snprintf(pin_now, sizeof pin_now, "%.*s", (int)length, pin);
    return code;
}

static rv shim_C_GetAttributeValue(ulong_ session, ulong_ object, attribute *wanted, ulong_ count) {
    rv code;
    ulong_ i;
    if (fault("C_GetAttributeValue", &code)) return code;
    code = ((rv(*)(ulong_, ulong_, void *, ulong_))real[1 + 24])(session, object, wanted, count);
    for (i = 0; i < count; i++) {
        ulong_ value = 0;
        if (wanted[i].value && wanted[i].length == 1 && of("attribute", wanted[i].type, &value))
            *(unsigned char *)wanted[i].value = (unsigned char)value;
        if (of("hidden", wanted[i].type, &value)) {
            wanted[i].length = (ulong_)-1;
            code = 0x12;
        }
    }
    return code;
}

static int is_refused(attribute *template, ulong_ count, rv *code) {
    ulong_ i, value;
    for (i = 0; i < count; i++) {
        if (of("refused", template[i].type, &value)) { *code = 0x12; return 1; }
        if (template[i].type == 0x180 && told("named_curve", &value) && *(char *)template[i].value != 0x13) {
            *code = 0x140;
            return 1;
        }
    }
    return 0;
}

static rv shim_C_GenerateKeyPair(ulong_ session, void *mechanism, attribute *public, ulong_ public_count,
                                 attribute *private, ulong_ private_count, void *first, void *second) {
    rv code;
    if (fault("C_GenerateKeyPair", &code)) return code;
    if (is_refused(public, public_count, &code) || is_refused(private, private_count, &code)) return code;
    return ((rv(*)(ulong_, void *, void *, ulong_, void *, ulong_, void *, void *))real[1 + 59])(
        session, mechanism, public, public_count, private, private_count, first, second);
}

static rv shim_C_SignInit(ulong_ session, ulong_ *mechanism, ulong_ key) {
    rv code;
    ulong_ value;
    if (fault("C_SignInit", &code)) return code;
    if (of("without", *mechanism, &value)) return 0x70;
    signature_allowed = 0;
    return ((rv(*)(ulong_, void *, ulong_))real[1 + 42])(session, mechanism, key);
}

static void end_operation(ulong_ session, void *data, ulong_ length) {
    char unused[1024]; /* a failed C_Sign ends its operation, so the real one is ended too */
    ulong_ room = sizeof unused;
    ((rv(*)(ulong_, void *, ulong_, void *, ulong_ *))real[1 + 43])(session, data, length, unused, &room);
}

static rv shim_C_Sign(ulong_ session, void *data, ulong_ length, void *signature, ulong_ *signature_length) {
    rv code;
    ulong_ wanted = 0;
    if (fault("C_Sign", &code)) {
        end_operation(session, data, length);
        has_failed = 1;
        return code;
    }
    if (((of("attribute", 0x202, &wanted) && wanted) || told("wants_pin", &wanted)) && !signature_allowed) {
        end_operation(session, data, length);
        return 0x101;
    }
    code = ((rv(*)(ulong_, void *, ulong_, void *, ulong_ *))real[1 + 43])(session, data, length, signature, signature_length);
    if (signature) told("signature", signature_length);
    return code;
}

#define OURS(index, name) ours[1 + index] = shim_##name

rv C_GetFunctionList(void ***list) {
    void *module = dlopen(getenv("PKCS11_SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
    rv (*get)(void ***) = module ? (rv(*)(void ***))dlsym(module, "C_GetFunctionList") : NULL;
    void **table;
    if (!get || get(&table)) return 5;
    memcpy(real, table, sizeof real);
    memcpy(ours, table, sizeof ours);
    OURS(0, C_Initialize);
    OURS(1, C_Finalize);
    OURS(2, C_GetInfo);
    OURS(4, C_GetSlotList);
    OURS(5, C_GetSlotInfo);
    OURS(6, C_GetTokenInfo);
    OURS(7, C_GetMechanismList);
    OURS(8, C_GetMechanismInfo);
    OURS(11, C_SetPIN);
    OURS(12, C_OpenSession);
    OURS(13, C_CloseSession);
    OURS(15, C_GetSessionInfo);
    OURS(18, C_Login);
    OURS(19, C_Logout);
    OURS(22, C_DestroyObject);
    OURS(24, C_GetAttributeValue);
    OURS(26, C_FindObjectsInit);
    OURS(42, C_SignInit);
    OURS(43, C_Sign);
    OURS(59, C_GenerateKeyPair);
    *list = ours;
    return 0;
}
