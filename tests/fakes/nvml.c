/* A libnvidia-ml.so.1 for the real pynvml, told what to say by the file named in FAKE_NVML, read anew at each call:

     init CODE                                   what nvmlInit returns; absent: success
     gpu UUID NAME USED_MIB TOTAL_MIB PERCENT BUS_ID
     process GPU PID MIB                          GPU counts the gpu lines, from 0
     fail GPU FIELD CODE                          memory_v2 memory utilisation temperature power processes name uuid
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16
typedef struct { char uuid[96], name[96], bus_id[32]; unsigned long long used, total; unsigned percent; } Gpu;
typedef struct { int gpu; unsigned pid; unsigned long long mib; } Process;
typedef struct { int gpu; char field[32]; int code; } Failure;
typedef struct { int init, gpus, processes, failures; Gpu gpu[MOST]; Process process[4 * MOST]; Failure failure[4 * MOST]; } State;

static State read_state(void) {
    State state;
    char line[512];
    memset(&state, 0, sizeof state);
    const char *path = getenv("FAKE_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) { state.init = 9; return state; }
    while (fgets(line, sizeof line, file)) {
        Gpu *gpu = &state.gpu[state.gpus];
        Process *process = &state.process[state.processes];
        Failure *failure = &state.failure[state.failures];
        if (sscanf(line, "gpu %95s %95s %llu %llu %u %31s", gpu->uuid, gpu->name, &gpu->used, &gpu->total,
                   &gpu->percent, gpu->bus_id) == 6) state.gpus++;
        else if (sscanf(line, "process %d %u %llu", &process->gpu, &process->pid, &process->mib) == 3) state.processes++;
        else if (sscanf(line, "fail %d %31s %d", &failure->gpu, failure->field, &failure->code) == 3) state.failures++;
        else sscanf(line, "init %d", &state.init);
    }
    fclose(file);
    return state;
}

/* Handles are 1 + the GPU's number. */
static int look(void *handle, const char *field, State *state, Gpu *gpu) {
    long number = (long)handle - 1;
    *state = read_state();
    if (number < 0 || number >= state->gpus) return 15; /* GPU is lost */
    for (int i = 0; i < state->failures; i++)
        if (state->failure[i].gpu == number && !strcmp(state->failure[i].field, field)) return state->failure[i].code;
    *gpu = state->gpu[number];
    return 0;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; return read_state().init; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return code == 18 ? "Driver/library version mismatch" : "fake error"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "535.104.05"); return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = read_state().gpus; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) { *handle = (void *)(long)(index + 1); return 0; }

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

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
int nvmlDeviceGetMemoryInfo_v2(void *handle, MemoryV2 *memory) {
    State state; Gpu gpu;
    int code = look(handle, "memory_v2", &state, &gpu);
    if (!code) { memory->total = gpu.total << 20; memory->used = gpu.used << 20; memory->reserved = 0; memory->free = memory->total - memory->used; }
    return code;
}

int nvmlDeviceGetUtilizationRates(void *handle, unsigned *rates) {
    State state; Gpu gpu;
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
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, ProcessInfo *infos) {
    State state; Gpu gpu;
    unsigned found = 0, room = *count;
    int code = look(handle, "processes", &state, &gpu);
    if (code) return code;
    for (int i = 0; i < state.processes; i++) {
        if (state.process[i].gpu != (long)handle - 1) continue;
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
