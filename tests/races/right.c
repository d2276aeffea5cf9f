// Has no race, but only because of what OpenMP promises: the barriers after loops and regions, the
// critical section, the reduction. scripts/races must find nothing here, or it does not see OpenMP.
#include <stdio.h>

int main(void)
{
    enum { COUNT = 1000 };
    static long part[COUNT];
    long sum = 0, listed = 0;

#pragma omp parallel num_threads(4)
    {
#pragma omp for schedule(dynamic)
        for (int i = 0; i < COUNT; i++)
            part[i] = i;
#pragma omp for schedule(dynamic) reduction(+ : sum)
        for (int i = 0; i < COUNT; i++)
            sum += part[COUNT - 1 - i];
#pragma omp critical(listed)
        listed += sum;
    }
#pragma omp parallel for num_threads(3)
    for (int i = 0; i < COUNT; i++)
        part[i] += listed;
    printf("%ld\n", part[7]);
    return 0;
}
