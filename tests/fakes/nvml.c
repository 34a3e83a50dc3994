/* A libnvidia-ml.so.1 for the real pynvml, told what to say by the file named in FAKE_NVML, read anew at each call:

     init CODE                                   what nvmlInit returns; absent: success
     gpu UUID NAME USED_MIB TOTAL_MIB PERCENT BUS_ID
     mig GPU NUMBER UUID NAME USED_MIB TOTAL_MIB  an instance of that GPU, which has MIG on then
     process GPU PID MIB                          GPU counts the gpu lines, from 0; -2, -3, … the mig lines
     graphics GPU PID MIB                         a process that draws
     client GPU PID MIB                           a client of an MPS server
     minor GPU NUMBER                             of its device file; absent: not supported
     mode GPU NUMBER                              compute mode; absent: 0, default
     persistence GPU NUMBER                       absent: 1, on
     xid GPU NUMBER                               reported once to who registered before the line was there
     fail GPU FIELD CODE                          count handle pci memory_v2 memory utilisation temperature power
                                                  processes graphics clients name uuid mig mode persistence events;
                                                  * for every field but the handle; GPU -1 and FIELD event_set, count
     hang GPU FIELD SECONDS                       before it answers; GPU -1 and FIELD init: nvmlInit itself
     crash GPU FIELD                              by SIGSEGV

   With -DWITHOUT_MEMORY_V2 it is an old library, which lacks that function.
*/
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 16
typedef struct { int board, number; char uuid[96], name[96], bus_id[32]; unsigned long long used, total; unsigned percent; } Gpu;
typedef struct { int gpu; unsigned pid; unsigned long long mib; char kind; } Process;
typedef struct { int gpu, number; char kind; } Fact;
typedef struct { int gpu; char field[32]; int code, seconds, crashes; } Failure;
typedef struct {
    int init, gpus, parts, processes, failures, facts;
    Gpu gpu[MOST], part[MOST];
    Process process[4 * MOST];
    Failure failure[4 * MOST];
    Fact fact[8 * MOST];
} State;

static State read_state(void) {
    State state;
    char line[512];
    memset(&state, 0, sizeof state);
    const char *path = getenv("FAKE_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) { state.init = 9; return state; }
    while (fgets(line, sizeof line, file)) {
        Gpu *gpu = &state.gpu[state.gpus], *part = &state.part[state.parts];
        Process *process = &state.process[state.processes];
        Failure *failure = &state.failure[state.failures];
        Fact *fact = &state.fact[state.facts];
        char kind[32];
        int numbers[2];
        unsigned long long mib;
        if (sscanf(line, "gpu %95s %95s %llu %llu %u %31s", gpu->uuid, gpu->name, &gpu->used, &gpu->total,
                   &gpu->percent, gpu->bus_id) == 6) state.gpus++;
        else if (sscanf(line, "mig %d %d %95s %95s %llu %llu", &part->board, &part->number, part->uuid, part->name,
                        &part->used, &part->total) == 6) state.parts++;
        else if (sscanf(line, "%31s %d %u %llu", kind, &process->gpu, &process->pid, &mib) == 4) { /* process graphics client */
            process->mib = mib; process->kind = *kind; state.processes++;
        }
        else if (sscanf(line, "fail %d %31s %d", &failure->gpu, failure->field, &failure->code) == 3) state.failures++;
        else if (sscanf(line, "hang %d %31s %d", &failure->gpu, failure->field, &failure->seconds) == 3) state.failures++;
        else if (sscanf(line, "crash %d %31s", &failure->gpu, failure->field) == 2) { failure->crashes = 1; state.failures++; }
        else if (sscanf(line, "%31s %d %d", kind, &numbers[0], &numbers[1]) == 3) { /* minor mode persistence xid */
            fact->gpu = numbers[0]; fact->number = numbers[1]; fact->kind = !strcmp(kind, "minor") ? 'n' : *kind;
            state.facts++;
        }
        else sscanf(line, "init %d", &state.init);
    }
    fclose(file);
    return state;
}

/* Hang, crash, or the code with which this question fails. */
static int trouble(const State *state, int gpu, const char *field) {
    for (int i = 0; i < state->failures; i++) {
        const Failure *failure = &state->failure[i];
        int all = !strcmp(failure->field, "*") && strcmp(field, "handle") && strcmp(field, "count");
        if (failure->gpu != gpu || !(all || !strcmp(failure->field, field))) continue;
        if (failure->crashes) raise(SIGSEGV);
        if (failure->seconds) sleep(failure->seconds);
        if (failure->code) return failure->code;
    }
    return 0;
}

/* Handles are 1 + the GPU's number, those of MIG instances 100 + their place in the file. */
static int look(void *handle, const char *field, State *state, Gpu *gpu) {
    long number = (long)handle - 1;
    *state = read_state();
    if (number >= 99 && number - 99 < state->parts) {
        *gpu = state->part[number - 99];
        return trouble(state, gpu->board, field);
    }
    if (number < 0 || number >= state->gpus) return 15; /* GPU is lost */
    int code = trouble(state, (int)number, field);
    if (!code) *gpu = state->gpu[number];
    return code;
}

int nvmlInitWithFlags(unsigned flags) {
    State state = read_state();
    (void)flags;
    trouble(&state, -1, "init");
    return state.init;
}
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return code == 18 ? "Driver/library version mismatch" : "fake error"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "535.104.05"); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12020; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) {
    State state = read_state();
    *count = state.gpus;
    return trouble(&state, -1, "count");
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    State state = read_state();
    *handle = (void *)(long)(index + 1);
    return trouble(&state, (int)index, "handle");
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    State state = read_state();
    for (int i = 0; i < state.gpus; i++)
        if (!strcmp(state.gpu[i].uuid, uuid)) { *handle = (void *)(long)(i + 1); return trouble(&state, i, "handle"); }
    for (int i = 0; i < state.parts; i++)
        if (!strcmp(state.part[i].uuid, uuid)) { *handle = (void *)(long)(100 + i); return trouble(&state, state.part[i].board, "handle"); }
    return 6; /* not found */
}
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void *part, void **board) {
    State state = read_state();
    long place = (long)part - 100;
    if (place < 0 || place >= state.parts) return 2; /* invalid argument */
    *board = (void *)(long)(state.part[place].board + 1);
    return 0;
}

int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
    State state; Gpu gpu;
    int code = look(handle, "mig", &state, &gpu);
    if (code) return code;
    *current = *pending = 0;
    for (int i = 0; i < state.parts; i++) if (state.part[i].board == (long)handle - 1) *current = *pending = 1;
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count) { (void)handle; *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **part) {
    State state = read_state();
    for (int i = 0; i < state.parts; i++)
        if (state.part[i].board == (long)handle - 1 && state.part[i].number == (int)index) {
            *part = (void *)(long)(100 + i);
            return 0;
        }
    return 6; /* not found */
}

/* An instance's own numbers: its GPU instance is 7 more than its place, its compute instance 0. */
int nvmlDeviceGetGpuInstanceId(void *part, unsigned *id) {
    State state = read_state();
    long place = (long)part - 100;
    if (place < 0 || place >= state.parts) return 2; /* invalid argument */
    *id = state.part[place].number + 7;
    return 0;
}
int nvmlDeviceGetComputeInstanceId(void *part, unsigned *id) {
    if ((long)part < 100) return 2; /* invalid argument */
    *id = 0;
    return 0;
}

typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
int nvmlDeviceGetPciInfo_v3(void *handle, Pci *pci) {
    State state; Gpu gpu;
    int code = look(handle, "pci", &state, &gpu);
    if (!code) { memset(pci, 0, sizeof *pci); strcpy(pci->bus_id, gpu.bus_id); }
    return code;
}

typedef struct { unsigned long long total, free, used; } Memory;
int nvmlDeviceGetMemoryInfo(void *handle, Memory *memory) {
    State state; Gpu gpu;
    int code = look(handle, "memory", &state, &gpu);
    if (!code) { memory->total = gpu.total << 20; memory->used = (gpu.used + 912) << 20; memory->free = memory->total - memory->used; }
    return code;
}

#ifndef WITHOUT_MEMORY_V2
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
int nvmlDeviceGetMemoryInfo_v2(void *handle, MemoryV2 *memory) {
    State state; Gpu gpu;
    int code = look(handle, "memory_v2", &state, &gpu);
    if (!code) { memory->total = gpu.total << 20; memory->used = gpu.used << 20; memory->reserved = 0; memory->free = memory->total - memory->used; }
    return code;
}

#endif

int nvmlDeviceGetUtilizationRates(void *handle, unsigned *rates) {
    State state; Gpu gpu;
    if ((long)handle >= 100) return 3; /* of a part of a GPU it is not supported */
    int code = look(handle, "utilisation", &state, &gpu);
    if (!code) { rates[0] = gpu.percent; rates[1] = 0; }
    return code;
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *celsius) {
    State state; Gpu gpu; (void)sensor;
    int code = look(handle, "temperature", &state, &gpu);
    if (!code) *celsius = 41;
    return code;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts) {
    State state; Gpu gpu;
    int code = look(handle, "power", &state, &gpu);
    if (!code) *milliwatts = 61500;
    return code;
}

int nvmlDeviceGetUUID(void *handle, char *text, unsigned size) {
    State state; Gpu gpu;
    int code = look(handle, "uuid", &state, &gpu);
    if (!code) snprintf(text, size, "%s", gpu.uuid);
    return code;
}

int nvmlDeviceGetName(void *handle, char *text, unsigned size) {
    State state; Gpu gpu;
    int code = look(handle, "name", &state, &gpu);
    if (!code) snprintf(text, size, "%s", gpu.name);
    return code;
}

typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } ProcessInfo;
static int running(void *handle, const char *field, char kind, unsigned *count, ProcessInfo *infos) {
    State state; Gpu gpu;
    unsigned found = 0, room = *count;
    int code = look(handle, field, &state, &gpu);
    if (code) return code;
    long asked = (long)handle >= 100 ? -2 - ((long)handle - 100) : (long)handle - 1;
    for (int i = 0; i < state.processes; i++) {
        if (state.process[i].gpu != asked || state.process[i].kind != kind) continue;
        if (infos && found < room) {
            memset(&infos[found], 0, sizeof *infos);
            infos[found].pid = state.process[i].pid;
            infos[found].used = state.process[i].mib << 20;
        }
        found++;
    }
    *count = found;
    return found > room ? 7 : 0; /* insufficient size */
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, ProcessInfo *infos) {
    return running(handle, "processes", 'p', count, infos);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, ProcessInfo *infos) {
    return running(handle, "graphics", 'g', count, infos);
}
int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *handle, unsigned *count, ProcessInfo *infos) {
    return running(handle, "clients", 'c', count, infos);
}

/* The number that a line of this kind gives, else `absent`. */
static int fact(const State *state, long gpu, char kind, int absent) {
    for (int i = 0; i < state->facts; i++)
        if (state->fact[i].gpu == gpu && state->fact[i].kind == kind) return state->fact[i].number;
    return absent;
}
static int ask_fact(void *handle, const char *field, char kind, int absent, unsigned *number) {
    State state; Gpu gpu;
    int code = look(handle, field, &state, &gpu);
    int said = code ? absent : fact(&state, (long)handle - 1, kind, absent);
    if (code) return code;
    if (said < 0) return 3; /* not supported */
    *number = (unsigned)said;
    return 0;
}
int nvmlDeviceGetMinorNumber(void *handle, unsigned *number) { return ask_fact(handle, "minor", 'n', -1, number); }
int nvmlDeviceGetComputeMode(void *handle, unsigned *mode) { return ask_fact(handle, "mode", 'm', 0, mode); }
int nvmlDeviceGetPersistenceMode(void *handle, unsigned *mode) { return ask_fact(handle, "persistence", 'p', 1, mode); }

static int told; /* xid lines of the file that are in the past for this process */
static unsigned registered; /* a bit a GPU */
int nvmlEventSetCreate(void **set) {
    State state = read_state();
    told = registered = 0;
    for (int i = 0; i < state.facts; i++) told += state.fact[i].kind == 'x';
    *set = &told;
    return trouble(&state, -1, "event_set");
}
int nvmlEventSetFree(void *set) { (void)set; return 0; }
int nvmlDeviceGetSupportedEventTypes(void *handle, unsigned long long *types) { (void)handle; *types = 8; return 0; }
int nvmlDeviceRegisterEvents(void *handle, unsigned long long types, void *set) {
    State state; Gpu gpu; (void)types; (void)set;
    int code = look(handle, "events", &state, &gpu);
    if (!code) registered |= 1u << ((long)handle - 1);
    return code;
}
typedef struct { void *device; unsigned long long type, data; unsigned gpu_instance, compute_instance; } Event;
int nvmlEventSetWait_v2(void *set, Event *event, unsigned milliseconds) {
    State state = read_state(); (void)set; (void)milliseconds;
    int code = trouble(&state, -1, "wait");
    if (code) return code;
    for (int i = 0, number = 0; i < state.facts; i++) {
        Fact *one = &state.fact[i];
        if (one->kind != 'x' || number++ < told) continue;
        told = number;
        if (!(registered >> one->gpu & 1)) continue;
        event->device = (void *)(long)(one->gpu + 1);
        event->type = 8;
        event->data = (unsigned long long)one->number;
        event->gpu_instance = event->compute_instance = 0xffffffff;
        return 0;
    }
    return 10; /* timeout */
}
