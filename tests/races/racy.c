// Has a race: `sum` is added to without reduction. scripts/races must find it, or it sees nothing.
#include <stdio.h>

int main(void)
{
    long sum = 0;

#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 100000; i++)
        sum += i;
    printf("%ld\n", sum);
    return 0;
}
