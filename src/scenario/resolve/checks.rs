//! What is wrong although each value by itself is right.

use super::super::model::Scenario;
use super::super::reader::Reader;
use super::names::Scope;

pub(super) fn check(_root: &Reader<'_>, _scope: &Scope<'_>, _scenario: &Scenario) {}
