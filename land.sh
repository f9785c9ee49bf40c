#!/bin/bash
# local helper, not committed
cd /work/wt/storage && git fetch -q . && git rebase -q main && flock /work/plan/merge.lock sh -c 'cd /work/main && git merge -q --ff-only storage' && git log --oneline -1
