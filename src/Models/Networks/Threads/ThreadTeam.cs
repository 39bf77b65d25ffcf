using System.Runtime.ExceptionServices;

namespace DigitalTwin.Models.Networks.Threads;

/// <summary>Does numbered parts of work side by side: the calling thread, and threads of the pool that join.</summary>
/// <remarks>
/// Nothing waits for a thread to come: whoever is there takes the next part, so a busy pool costs time and never the
/// result. Which thread does a part is left to chance, and a part must not depend on it. A run allocates nothing,
/// unless the pool makes a thread.
/// </remarks>
/// <param name="work">What to do with a part.</param>
internal sealed class ThreadTeam(Action<int> work) : IThreadPoolWorkItem
{
    // A step has a few phases of some microseconds each: a helper looks that often for the next one before it leaves.
    private const int LooksBeforeLeaving = 200;

    private Exception? _failure;
    private int _unclaimed;
    private int _unfinished;
    private int _helpers;

    /// <summary>Does parts 0 to below <paramref name="parts"/> and returns when all are done.</summary>
    public void Run(int parts)
    {
        _failure = null;
        Volatile.Write(ref _unfinished, parts);

        // From here on helpers may take parts; what the work reads was written before.
        Interlocked.Exchange(ref _unclaimed, parts);
        for (int missing = parts - 1 - Volatile.Read(ref _helpers); missing > 0; missing--)
        {
            Interlocked.Increment(ref _helpers);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        TakeParts();

        // What is left is being worked on. Nobody sleeps over so little; the processor is given away in between.
        SpinWait spin = default;
        while (Volatile.Read(ref _unfinished) > 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        SpinWait spin = default;
        for (int look = 0; look < LooksBeforeLeaving; look++)
        {
            if (TakeParts())
            {
                look = 0;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        Interlocked.Decrement(ref _helpers);
    }

    private bool TakeParts()
    {
        bool took = false;
        while (Volatile.Read(ref _unclaimed) > 0)
        {
            int part = Interlocked.Decrement(ref _unclaimed);
            if (part < 0)
            {
                break;
            }

            took = true;
            DoPart(part);
        }

        return took;
    }

    private void DoPart(int part)
    {
        try
        {
            work(part);
        }
        catch (Exception failure)
        {
            // The caller throws it again; of several the first is told.
            Interlocked.CompareExchange(ref _failure, failure, null);
        }

        Interlocked.Decrement(ref _unfinished);
    }
}
