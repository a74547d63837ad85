/* Loaded into an unmodified pcscd with LD_PRELOAD, this is the USB bus and the CCID driver of a machine whose smart cards
 * live in a test process.
 *
 * The bus: pcscd asks libudev what is plugged in. The functions it uses are answered here from datagrams on the socket
 * whose number is in CARD_LAB_EVENTS. Numbers are decimal, vendor and product four hex digits:
 *   add NUMBER VENDOR PRODUCT    a reader with a card in it, whose line comes with the datagram (SCM_RIGHTS)
 *   remove NUMBER                it was pulled out
 * When the other end of that socket closes, the test process is gone, and pcscd goes too.
 *
 * The driver: when pcscd loads libccid.so for such a device, it gets this library. A card's line carries requests, each
 * a letter and its content, and the answers, each a status byte (0, or 1 when the card said nothing) and its content:
 *   A n    pcscd calls it reader number n (one byte); has no answer
 *   U, R   power up, reset; answered with the ATR
 *   D      power down
 *   T      a command APDU; answered with the response APDU
 *
 * The rest: CARD_LAB_SOCKET is the number of the listening socket, which systemd would have passed as descriptor 3, and
 * pcscd's own folder /run/pcscd is CARD_LAB_FOLDER instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ifdhandler.h>
#include <poll.h>
#include <reader.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define READERS 16
#define RUN_FOLDER "/run/pcscd"
#define LISTENING 3 /* where systemd puts the first socket it passes */
#define ABOVE 10    /* no descriptor kept for later stands below this number */

static int events = -1;
static char folder[256];

/* ---- what pcscd is started with ---- */

static int descriptor_in(const char *variable) {
    const char *number = getenv(variable);
    int moved = number ? fcntl(atoi(number), F_DUPFD_CLOEXEC, ABOVE) : -1;
    if (moved < 0) {
        fprintf(stderr, "card lab: no open descriptor in %s\n", variable);
        _exit(2);
    }
    return moved;
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("CARD_LAB_FOLDER");
    char own_pid[16];
    int listening = descriptor_in("CARD_LAB_SOCKET");
    events = descriptor_in("CARD_LAB_EVENTS");
    snprintf(folder, sizeof folder, "%s", where ? where : "");
    snprintf(own_pid, sizeof own_pid, "%d", (int)getpid());
    if (!where || strlen(where) >= sizeof folder || dup2(listening, LISTENING) < 0) _exit(2);
    setenv("LISTEN_PID", own_pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    unsetenv("LD_PRELOAD");
}

/* ---- pcscd's own folder ---- */

static const char *moved(const char *path, char *buffer, size_t size) {
    if (strncmp(path, RUN_FOLDER, strlen(RUN_FOLDER))) return path;
    snprintf(buffer, size, "%s%s", folder, path + strlen(RUN_FOLDER));
    return buffer;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

EXPORT int open(const char *path, int flags, ...) {
    REAL(open);
    char buffer[512];
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return real(moved(path, buffer, sizeof buffer), flags, mode);
}

EXPORT int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    char buffer[512];
    return real(moved(path, buffer, sizeof buffer), mode);
}

EXPORT int chmod(const char *path, mode_t mode) {
    REAL(chmod);
    char buffer[512];
    return real(moved(path, buffer, sizeof buffer), mode);
}

EXPORT int remove(const char *path) {
    REAL(remove);
    char buffer[512];
    return real(moved(path, buffer, sizeof buffer));
}

/* ---- the bus ---- */

/* A device and its one interface are the same thing here. */
struct udev_device {
    char action[8], number[16], node[32], vendor[8], product[8];
    int line;
};

static struct udev_device *arriving; /* pcscd opens a device while it is told about it, in one thread */
static char something[1];            /* stands for libudev's objects that hold nothing here */

EXPORT void *udev_new(void) { return something; }
EXPORT void *udev_unref(void *udev) { (void)udev; return NULL; }
EXPORT void *udev_enumerate_new(void *udev) { (void)udev; return something; }
EXPORT int udev_enumerate_add_match_subsystem(void *e, const char *s) { (void)e, (void)s; return 0; }
EXPORT int udev_enumerate_scan_devices(void *e) { (void)e; return 0; }
EXPORT void *udev_enumerate_get_list_entry(void *e) { (void)e; return NULL; } /* what is there comes as events */
EXPORT void *udev_enumerate_unref(void *e) { (void)e; return NULL; }
EXPORT void *udev_list_entry_get_next(void *l) { (void)l; return NULL; }
EXPORT const char *udev_list_entry_get_name(void *l) { (void)l; return NULL; }
EXPORT void *udev_device_new_from_syspath(void *u, const char *p) { (void)u, (void)p; return NULL; }
EXPORT void *udev_monitor_new_from_netlink(void *u, const char *n) { (void)u, (void)n; return something; }
EXPORT int udev_monitor_filter_add_match_subsystem_devtype(void *m, const char *s, const char *t) {
    (void)m, (void)s, (void)t;
    return 0;
}
EXPORT int udev_monitor_enable_receiving(void *m) { (void)m; return 0; }
EXPORT int udev_monitor_get_fd(void *m) { (void)m; return events; }

EXPORT struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *d, const char *s,
                                                                         const char *t) {
    (void)s, (void)t;
    return d;
}
EXPORT const char *udev_device_get_action(struct udev_device *d) { return d->action; }
EXPORT const char *udev_device_get_sysname(struct udev_device *d) { return d->number; }
EXPORT const char *udev_device_get_devnode(struct udev_device *d) { return d->node; }
EXPORT const char *udev_device_get_sysattr_value(struct udev_device *d, const char *attribute) {
    if (!strcmp(attribute, "idVendor")) return d->vendor;
    if (!strcmp(attribute, "idProduct")) return d->product;
    return NULL; /* keys tell no interface and no serial number here, so neither is in a reader's name */
}

static int line_in(struct msghdr *message) {
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int line = -1;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(&line, CMSG_DATA(header), sizeof line);
    return line;
}

EXPORT struct udev_device *udev_monitor_receive_device(void *monitor) {
    char text[64] = "", rights[CMSG_SPACE(sizeof(int))];
    struct iovec part = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = rights, .msg_controllen = sizeof rights};
    ssize_t size = recvmsg(events, &message, MSG_CMSG_CLOEXEC);
    struct udev_device *device;
    (void)monitor;
    if (size == 0 || (size < 0 && errno != EINTR)) _exit(0);
    device = calloc(1, sizeof *device);
    if (size < 0 || !device) return NULL;
    sscanf(text, "%7s %15s %7s %7s", device->action, device->number, device->vendor, device->product);
    snprintf(device->node, sizeof device->node, "/dev/lab/%s", device->number);
    device->line = line_in(&message);
    arriving = device;
    return device;
}

EXPORT struct udev_device *udev_device_unref(struct udev_device *device) {
    if (device && device->line >= 0) close(device->line); /* nobody took it: no driver, or too many readers */
    arriving = NULL;
    free(device);
    return NULL;
}

/* ---- the driver ---- */

static struct reader {
    int line, wake;
    UCHAR atr[MAX_ATR_SIZE];
    DWORD atr_size;
} readers[READERS];

static struct reader *reader_of(DWORD lun) { return &readers[(lun >> 16) % READERS]; }

EXPORT void *dlopen(const char *path, int flags) {
    static const char driver[] = "/libccid.so";
    REAL(dlopen);
    size_t size = path ? strlen(path) : 0;
    Dl_info self;
    if (size < sizeof driver || strcmp(path + size - (sizeof driver - 1), driver)) return real(path, flags);
    return dladdr(readers, &self) ? real(self.dli_fname, flags) : NULL;
}

static int send_on(struct reader *reader, char kind, const void *content, size_t size) {
    struct iovec parts[] = {{&kind, 1}, {(void *)content, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(reader->line, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Asks the card, waits as long as it takes, and leaves what it answered in `answer`, of *size bytes. */
static RESPONSECODE ask(struct reader *reader, char kind, const void *content, size_t content_size, void *answer,
                        DWORD *size) {
    char status = 0;
    struct iovec parts[] = {{&status, 1}, {answer, *size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got;
    *size = 0;
    if (send_on(reader, kind, content, content_size)) return IFD_NO_SUCH_DEVICE;
    do got = recvmsg(reader->line, &message, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return IFD_NO_SUCH_DEVICE;
    if (status) return IFD_COMMUNICATION_ERROR;
    if (message.msg_flags & MSG_TRUNC) return IFD_ERROR_INSUFFICIENT_BUFFER;
    *size = got - 1;
    return IFD_SUCCESS;
}

EXPORT RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name) {
    struct reader *reader = reader_of(lun);
    char number = lun >> 16;
    (void)name;
    if (!arriving || arriving->line < 0) return IFD_NO_SUCH_DEVICE;
    reader->line = arriving->line;
    reader->atr_size = 0;
    reader->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    arriving->line = -1;
    if (reader->wake >= 0 && !send_on(reader, 'A', &number, 1)) return IFD_SUCCESS;
    close(reader->line); /* pulled out already; pcscd closes no channel that never opened */
    close(reader->wake);
    return IFD_NO_SUCH_DEVICE;
}

EXPORT RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD port) {
    (void)lun, (void)port;
    return IFD_NO_SUCH_DEVICE; /* the serial way */
}

EXPORT RESPONSECODE IFDHCloseChannel(DWORD lun) {
    struct reader *reader = reader_of(lun);
    close(reader->line);
    close(reader->wake);
    reader->line = reader->wake = -1;
    return IFD_SUCCESS;
}

/* pcscd's thread for this reader waits here; there is no news besides the end, since the card never leaves its key. */
static RESPONSECODE wait_for_news(DWORD lun, int timeout_milliseconds) {
    struct pollfd waited = {reader_of(lun)->wake, POLLIN, 0};
    eventfd_t ignored;
    if (poll(&waited, 1, timeout_milliseconds) > 0) eventfd_read(waited.fd, &ignored);
    return IFD_SUCCESS;
}

static RESPONSECODE stop_waiting(DWORD lun) {
    eventfd_write(reader_of(lun)->wake, 1);
    return IFD_SUCCESS;
}

static RESPONSECODE give(const void *value, DWORD value_size, PDWORD size, PUCHAR place) {
    if (*size < value_size) return IFD_ERROR_INSUFFICIENT_BUFFER;
    memcpy(place, value, value_size);
    *size = value_size;
    return IFD_SUCCESS;
}

EXPORT RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD size, PUCHAR value) {
    struct reader *reader = reader_of(lun);
    UCHAR number = tag == TAG_IFD_SIMULTANEOUS_ACCESS ? READERS : 1;
    RESPONSECODE (*wait)(DWORD, int) = wait_for_news;
    RESPONSECODE (*stop)(DWORD) = stop_waiting;
    switch (tag) {
    case TAG_IFD_ATR:
    case SCARD_ATTR_ATR_STRING:
        return give(reader->atr, reader->atr_size, size, value);
    case TAG_IFD_SIMULTANEOUS_ACCESS:
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SLOTS_NUMBER:
        return give(&number, 1, size, value);
    case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT:
        return give(&wait, sizeof wait, size, value);
    case TAG_IFD_STOP_POLLING_THREAD:
        return give(&stop, sizeof stop, size, value);
    default:
        return IFD_ERROR_TAG;
    }
}

EXPORT RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD size, PUCHAR value) {
    (void)lun, (void)tag, (void)size, (void)value;
    return IFD_ERROR_TAG;
}

EXPORT RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR a, UCHAR b, UCHAR c) {
    (void)lun, (void)protocol, (void)flags, (void)a, (void)b, (void)c;
    return IFD_SUCCESS;
}

EXPORT RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_size) {
    struct reader *reader = reader_of(lun);
    DWORD size = sizeof reader->atr;
    RESPONSECODE result =
        ask(reader, action == IFD_POWER_DOWN ? 'D' : action == IFD_RESET ? 'R' : 'U', NULL, 0, reader->atr, &size);
    reader->atr_size = result == IFD_SUCCESS ? size : 0;
    *atr_size = reader->atr_size;
    memcpy(atr, reader->atr, reader->atr_size);
    return result;
}

EXPORT RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER how, PUCHAR command, DWORD command_size,
                                      PUCHAR response, PDWORD response_size, PSCARD_IO_HEADER got) {
    *got = how;
    return ask(reader_of(lun), 'T', command, command_size, response, response_size);
}

EXPORT RESPONSECODE IFDHICCPresence(DWORD lun) {
    struct pollfd line = {reader_of(lun)->line, 0, 0};
    return poll(&line, 1, 0) ? IFD_ICC_NOT_PRESENT : IFD_ICC_PRESENT; /* no events asked for: only its end is told */
}

EXPORT RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR in, DWORD in_size, PUCHAR out, DWORD out_size,
                                LPDWORD returned) {
    (void)lun, (void)code, (void)in, (void)in_size, (void)out, (void)out_size;
    *returned = 0;
    return IFD_NOT_SUPPORTED;
}
