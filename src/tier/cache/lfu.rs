//! Least frequently used first.

use super::node::{List, NONE, Node, reserve_an_eighth};

/// Entries grouped by how often they were used, the groups in a list by that
/// count: every operation in constant time (Shah, Mitra & Matani 2010, "An
/// O(1) algorithm for implementing the LFU cache eviction scheme").
///
/// Every use moves an entry to the next group as its newest, so that a group's
/// list is in order of last use, which is how ties are broken.
#[derive(Clone, Debug)]
pub(super) struct Frequencies {
    groups: Vec<Group>,
    /// First of the released groups, linked by `higher`.
    free: u32,
    /// The group of the smallest count.
    least: u32,
    group_of: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    count: u64,
    list: List,
    lower: u32,
    higher: u32,
}

impl Frequencies {
    pub(super) const fn new() -> Self {
        Self { groups: Vec::new(), free: NONE, least: NONE, group_of: Vec::new() }
    }

    pub(super) fn enter(&mut self, nodes: &mut [Node], id: u32) {
        let first = self.group_after(NONE, 1);
        if self.group_of.len() <= id as usize {
            reserve_an_eighth(&mut self.group_of);
            self.group_of.resize(id as usize + 1, NONE);
        }
        self.join(nodes, id, first);
    }

    pub(super) fn touch(&mut self, nodes: &mut [Node], id: u32) {
        let from = self.group_of[id as usize];
        let Group { count, list, higher, .. } = self.groups[from as usize];
        let alone = list.newest == list.oldest;
        let next_exists = higher != NONE && self.groups[higher as usize].count == count + 1;
        if alone && !next_exists {
            // The group moves up with its only member.
            self.groups[from as usize].count += 1;
            return;
        }
        let to = self.group_after(from, count + 1);
        self.leave(nodes, id);
        self.join(nodes, id, to);
    }

    fn join(&mut self, nodes: &mut [Node], id: u32, group: u32) {
        self.group_of[id as usize] = group;
        self.groups[group as usize].list.push_newest(nodes, id);
    }

    pub(super) fn leave(&mut self, nodes: &mut [Node], id: u32) {
        let group = self.group_of[id as usize];
        let list = &mut self.groups[group as usize].list;
        list.unlink(nodes, id);
        if list.newest == NONE {
            self.remove_group(group);
        }
    }

    pub(super) fn victim(&self, nodes: &[Node], spared: u32) -> u32 {
        let Group { list, higher, .. } = self.groups[self.least as usize];
        if list.oldest != spared {
            return list.oldest;
        }
        match nodes[spared as usize].newer {
            NONE => self.groups[higher as usize].list.oldest,
            newer => newer,
        }
    }

    /// The group of `count`, next above group `lower`, made if it is not there.
    fn group_after(&mut self, lower: u32, count: u64) -> u32 {
        let higher = self.next_above(lower);
        if higher != NONE && self.groups[higher as usize].count == count {
            return higher;
        }
        let made = self.take_group(Group { count, list: List::EMPTY, lower, higher });
        self.link(lower, made);
        if higher != NONE {
            self.groups[higher as usize].lower = made;
        }
        made
    }

    fn next_above(&self, group: u32) -> u32 {
        if group == NONE { self.least } else { self.groups[group as usize].higher }
    }

    /// Group `higher` follows `lower`, or is the least.
    fn link(&mut self, lower: u32, higher: u32) {
        match lower {
            NONE => self.least = higher,
            _ => self.groups[lower as usize].higher = higher,
        }
    }

    fn take_group(&mut self, group: Group) -> u32 {
        if self.free == NONE {
            self.groups.push(group);
            return (self.groups.len() - 1) as u32;
        }
        let taken = self.free;
        self.free = self.groups[taken as usize].higher;
        self.groups[taken as usize] = group;
        taken
    }

    fn remove_group(&mut self, group: u32) {
        let Group { lower, higher, .. } = self.groups[group as usize];
        self.link(lower, higher);
        if higher != NONE {
            self.groups[higher as usize].lower = lower;
        }
        self.groups[group as usize].higher = self.free;
        self.free = group;
    }

    pub(super) fn clear(&mut self) {
        self.groups.clear();
        self.group_of.clear();
        self.free = NONE;
        self.least = NONE;
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.group_of.capacity() * size_of::<u32>() + self.groups.capacity() * size_of::<Group>()
    }
}
